"""The manual page kubectl-netshoot.1: flags and commands from the program, the rest from docs/."""
