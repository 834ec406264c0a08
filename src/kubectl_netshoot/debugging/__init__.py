"""A shell or COMMAND in the running pod itself, in a container that is added to it."""

from .request import DebugRequest
from .running import run_debug, show_debug_plan

__all__ = ["DebugRequest", "run_debug", "show_debug_plan"]
