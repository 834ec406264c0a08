"""Generated cases are the same in every run, and none is stored: a failure shows the case itself."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")
