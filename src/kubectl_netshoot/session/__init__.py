"""The shell around the core: acts and decides nothing. What the command line can ask for is here."""

from kubectl_netshoot.config import Connection
from kubectl_netshoot.lifecycle import Goal

from .managing import Cleaned, CleanupRequest, CopyStatus, attach, clean_up, list_copies
from .planning import Plan
from .running import plan_session, run_session, show_session_plan
from .undertaking import Undertaking

__all__ = [
    "Cleaned",
    "CleanupRequest",
    "Connection",
    "CopyStatus",
    "Goal",
    "Plan",
    "Undertaking",
    "attach",
    "clean_up",
    "list_copies",
    "plan_session",
    "run_session",
    "show_session_plan",
]
