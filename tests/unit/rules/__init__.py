"""Decisions: guard, next step, marks, targets, rights."""
