"""`python -m tools.picture`: docs/session.svg, one session on the pretended cluster as a terminal showed it."""
