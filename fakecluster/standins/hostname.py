"""`hostname` of a pod."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    print(os.environ["POD_IP"] if "-i" in sys.argv[1:] else os.environ["HOSTNAME"])
