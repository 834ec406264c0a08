"""The steps of a session at which something can happen, each as the request that the session then has under way.

The fake cluster holds that request (or its answer) while the trouble strikes, so it strikes exactly there.
"""

from dataclasses import dataclass
from typing import Any

# Between the first two patches it tries whether it could leave: by one patch, and one in a dry run.
MARK, JOIN, LEAVE = 0, 2, 3
_SHELL, _COUNT = 0, 1


@dataclass(frozen=True)
class Step:
    """`verb` and `path` say which request, after how many of its kind; without them the session is attached then.

    `answer`: it has been carried out, and its answer is on the way. `joins`: only a session behind a Service has it.
    `child`: a kubectl of ours has the request under way.
    """

    id: str
    verb: str = ""
    path: str = ""
    after: int = 0
    answer: bool = False
    joins: bool = False
    child: bool = False

    def hold(self, user: str) -> dict[str, Any]:
        """The fault that holds it."""
        return {
            "kind": "hold",
            "user": user,
            "verb": self.verb,
            "path": self.path,
            "after": self.after,
            "count": 1,
            "handled": self.answer,
        }


# Not the trial that the plan makes.
_CREATION = r"/pods(?!/)(?!.*dryRun)"
_POD = r"/pods/[^/?]+(\?(?!.*dryRun)|$)"
_EXEC = r"/pods/[^/?]+/exec"

PLANNING = Step("planning", "list", "/services")
CREATING = Step("creating", "create", _CREATION, child=True)
CREATED = Step("created", "create", _CREATION, answer=True, child=True)
ATTACHING = Step("attaching", "GET", _EXEC, _SHELL, child=True)
ATTACHED = Step("attached", child=True)
COUNTING = Step("counting", "GET", _EXEC, _COUNT, joins=True, child=True)
DELETING = Step("deleting", "delete", _POD)
MARKING = Step("marking", "patch", _POD, MARK)
MARKED = Step("marked", "patch", _POD, MARK, answer=True)
DELETED = Step("deleted", "delete", _POD, answer=True)
STEPS = (
    PLANNING,
    CREATING,
    CREATED,
    MARKING,
    MARKED,
    Step("joining", "patch", _POD, JOIN, joins=True),
    Step("joined", "patch", _POD, JOIN, answer=True, joins=True),
    ATTACHING,
    ATTACHED,
    Step("leaving", "patch", _POD, LEAVE, joins=True),
    Step("left", "patch", _POD, LEAVE, answer=True, joins=True),
    COUNTING,
    DELETING,
    DELETED,
)
