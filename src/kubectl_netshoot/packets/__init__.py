"""Captures into words. Knows nothing of Kubernetes."""
