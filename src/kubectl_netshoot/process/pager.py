"""The child that shows a long text: the person's own pager, which reads their keys from the terminal."""

import contextlib
import signal
import subprocess
from collections.abc import Mapping, Sequence

from kubectl_netshoot.process.child import environment

# Where the person has not said how less and lv shall be: colours stay, and what fits the screen is not paged.
PREFERENCES = {"LESS": "FRX", "LV": "-c"}


def page(argv: Sequence[str], text: str, environ: Mapping[str, str]) -> bool:
    """Show a text by this pager and wait until it is left; False where it cannot be started."""
    unsaid = {name: value for name, value in PREFERENCES.items() if name not in environ}
    # Ctrl-C is the pager's own key.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            env=environment(unsaid),
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        with contextlib.suppress(BrokenPipeError):
            child.communicate(text)
        child.wait()
    except (OSError, ValueError):
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return True
