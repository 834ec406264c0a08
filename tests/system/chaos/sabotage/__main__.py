"""`python -m tests.system.chaos.sabotage ID WORDS...`: `kubectl netshoot WORDS...` with that sabotage done to it."""

import sys

from kubectl_netshoot.__main__ import main
from tests.system.chaos.sabotage.acts import ACTS

ACTS[sys.argv.pop(1)]()
main()
