"""Who may read what, and the audit log."""
