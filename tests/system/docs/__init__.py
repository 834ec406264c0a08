"""What README and its companions say, held against the program."""
