"""`python -m tools.picture`: docs/session.cast, one session on the fake cluster, and docs/session.svg, made of it."""
