"""Who may read what, what may leave, and the audit log."""
