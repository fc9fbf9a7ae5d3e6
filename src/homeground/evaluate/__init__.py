"""Measures on the user's own questions."""
