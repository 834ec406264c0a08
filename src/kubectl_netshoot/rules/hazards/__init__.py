"""What can go wrong with a join or a copy: one module a topic, each from what was read to hazards."""
