"""The sample company: its texts, and a writer for each format."""
