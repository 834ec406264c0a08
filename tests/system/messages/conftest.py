"""One API server on loopback for all scenes, and a stage of its own for each."""

from tests.system.badinput.conftest import server, stage

__all__ = ["server", "stage"]
