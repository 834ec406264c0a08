"""Tests of the fake cluster: contract (what its API server answers), runtime (what runs in it)."""
