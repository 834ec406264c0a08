"""Captures into conversations and findings."""
