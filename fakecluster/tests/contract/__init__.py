"""The fake cluster against what a real API server was recorded to answer, and against real clients."""
