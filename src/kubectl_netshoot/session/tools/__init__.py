"""The tools in a container of ours: what they are asked, how they are run and bounded, and what they print."""
