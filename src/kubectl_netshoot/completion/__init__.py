"""TAB, in every shell: hides how shells ask for candidates."""
