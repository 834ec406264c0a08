"""The only door to other processes: argument lists, never a shell, and an environment that carries nothing of ours."""
