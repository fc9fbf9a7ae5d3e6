"""The passage index."""
