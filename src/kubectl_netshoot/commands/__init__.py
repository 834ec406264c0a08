"""What each command does. They do not import each other."""
