"""`python -m tools.picture`: docs/session.svg, one session on the fake cluster as a terminal showed it."""
