"""What is said: a row for each kind of step and finding, in English; translations beside them in the catalogue."""
