"""Sentences: what is said of each step and each finding, in English; translations stand beside it in the catalogue."""
