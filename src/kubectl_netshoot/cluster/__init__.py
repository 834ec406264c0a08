"""The Kubernetes API as named questions and changes, in model types: the only package that imports the client.

Every change is a compare-and-swap: a JSON patch with `test`, or a delete with the uid as precondition.
"""

from .api import Api, connect, preload
from .changes import Changes
from .reads import Reads
from .watch import Watcher

__all__ = ["Api", "Changes", "Reads", "Watcher", "connect", "preload"]
