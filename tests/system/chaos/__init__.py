"""Seeded sessions that go wrong, and what must hold all the same."""
