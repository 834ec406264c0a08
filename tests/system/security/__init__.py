"""What SECURITY.md promises, each promise by an attack."""
