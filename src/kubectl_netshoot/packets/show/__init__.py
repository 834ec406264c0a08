"""A report shown: as text, ladder, page or JSON."""
