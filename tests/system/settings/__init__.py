"""Settings in a file and in variables, as the whole program takes them."""
