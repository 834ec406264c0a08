"""The life of one pod of ours: planned, made, worked in, taken out. Acts, and decides nothing: `rules` does."""
