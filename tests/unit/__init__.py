"""What runs one part of the program, in the process of the test."""
