"""Captures as they are stored, and the headers of the packets in them."""
