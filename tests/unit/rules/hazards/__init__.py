"""What can go wrong with a join."""
