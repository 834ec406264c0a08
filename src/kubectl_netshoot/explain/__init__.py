"""What the packets of a capture mean: conversations, their steps, and what is wrong; in no language yet."""
