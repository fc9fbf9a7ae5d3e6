"""homeground: checked and cited answers from a company's own documents."""
