"""The program with one function made wrong, and the trial of the judge: it has to find each of them."""
