"""Reports in words, as text, page and JSON."""
