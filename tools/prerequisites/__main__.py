"""Usage: python -m tools.prerequisites

As root on a machine with apt: install the programs that tests run and that are not there, in one go. Elsewhere, and
where a package does not exist or cannot be fetched, nothing fails: the tests say at their end what was not run.
"""

import sys

from tools.prerequisites import managers
from tools.prerequisites.programs import missing


def main() -> None:
    """Install what is missing and offered."""
    absent = missing()
    if not absent or managers.manager() != "apt" or not managers.is_root():
        return
    managers.apt_update()
    packages = managers.offered("apt", [row.packages["apt"] for row in absent if "apt" in row.packages])
    if not packages:
        return
    print("apt-get installs what tests run:", " ".join(sorted(packages)), flush=True)
    failure = managers.apt_install(packages)
    if failure:
        print(failure, file=sys.stderr)


if __name__ == "__main__":
    main()
