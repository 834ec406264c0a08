"""`openssl` of a pod: this machine's own, which connects to where the cluster's routes lead."""

from __future__ import annotations

import os
import shutil
import sys

from fakecluster.standins import network

MACHINES_OWN = "/usr/local/bin:/usr/bin:/bin"


def main(arguments: list[str]) -> None:
    program = shutil.which("openssl", path=MACHINES_OWN)
    if program is None:
        print("openssl: not found", file=sys.stderr)
        sys.exit(127)
    if "-connect" in arguments:
        at = arguments.index("-connect") + 1
        host, _, port = arguments[at].rpartition(":")
        arguments[at] = "{}:{}".format(*network.end_of(host.strip("[]"), int(port)))
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
