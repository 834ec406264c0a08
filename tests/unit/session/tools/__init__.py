"""Tools in a container, and what comes out of them."""
