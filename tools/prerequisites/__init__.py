"""The programs of the machine that tests run: what brings them, and what is said where they are missing."""
