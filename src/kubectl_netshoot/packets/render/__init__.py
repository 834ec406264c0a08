"""A report as text, ladder, page or JSON: values and names put into sentences."""
