"""The zipapp's first lines. They must also be read by a Python that is too old, down to 2.7."""

import sys

if sys.version_info < (3, 10):  # noqa: UP036
    found = ".".join(map(str, sys.version_info[:2]))
    sys.stderr.write(
        "kubectl-netshoot needs Python 3.10 or newer, and python3 here is " + found + ": "
        "put a newer one first on PATH.\n"
    )
    sys.exit(1)

# They meet in the archive only.
from told import tell  # type: ignore[import-not-found]

if tell(sys.argv):
    sys.exit(0)

from start import start  # type: ignore[import-not-found]

start("@BUILD_ID@")
