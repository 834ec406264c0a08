"""`python -m tools.structure`: the counts; `--files` names the files of both walks."""

import argparse

from tools.structure.counts import counts
from tools.structure.walks import explained, joined


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", action="store_true", help="name the files that the walks run through")
    named = parser.parse_args().files
    print(counts().text())
    for title, files in (
        ("TARGET to the copy's POST", joined()),
        ("explain, the runbook's capture", explained()),
    ):
        print(f"{title:<31}{len(files)} files run")
        if named:
            print(*(f"  {name}" for name in files), sep="\n")


if __name__ == "__main__":
    main()
