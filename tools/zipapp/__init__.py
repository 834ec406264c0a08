"""Builds dist/kubectl-netshoot, one executable file for every platform and every Python from 3.10 on.

Hides how that is done: locked pure wheels, a trimmed tree with a lazy Kubernetes client, shiv's archive made
byte for byte repeatable, and an entry that starts faster than shiv's own.
"""
