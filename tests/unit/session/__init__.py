"""Pods of ours and added containers."""
