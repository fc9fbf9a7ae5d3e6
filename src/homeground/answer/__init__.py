"""Ranked passages to a checked answer."""
