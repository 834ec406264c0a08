"""TCP connections: set up, data, trouble, close, and what is wrong with them."""
