"""What is released, held against krew's rules and installed as people install it."""
