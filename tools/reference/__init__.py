"""docs/reference.md: commands, flags, settings and exit status from the program; the rest from template.md."""
