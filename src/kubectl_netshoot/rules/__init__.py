"""Every decision of the program, pure: what was seen and the time come in, a verdict or a plan comes out."""
