"""`dig` of a pod: NAME [TYPE], +short or comments, question, answer and stats; +search +showsearch, -u."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from fakecluster.standins import network

TYPES = ("A", "AAAA")


def main(arguments: list[str]) -> int:
    words = [a for a in arguments if not a.startswith(("+", "-", "@")) and a.upper() != "IN"]
    kind = next((word.upper() for word in words if word.upper() in TYPES), "A")
    for name in (word for word in words if word.upper() not in TYPES):
        names = network.tried(name) if "+search" in arguments else [f"{name.rstrip('.')}."]
        for reply in _replies(names, kind, "+showsearch" in arguments):
            if "+short" in arguments:
                print("".join(f"{address}\n" for address in reply["addresses"]), end="")
            else:
                _tell(reply, kind, "usec" if "-u" in arguments else "msec")
    return 0


def _replies(names: list[str], kind: str, all_of_them: bool) -> Iterator[dict[str, Any]]:
    """Until the first that is known."""
    for name in names:
        begun = time.monotonic()
        found = network.resolve(name, kind)
        is_last = found["status"] == "NOERROR" or name == names[-1]
        if all_of_them or is_last:
            yield {**found, "name": name, "seconds": time.monotonic() - begun}
        if is_last:
            return


def _tell(reply: dict[str, Any], kind: str, unit: str) -> None:
    name, alias = reply["name"], reply["alias"]
    records = [f"{name}\t5\tIN\tCNAME\t{alias}."] if alias else []
    records += [f"{name}\t5\tIN\t{kind}\t{address}" for address in reply["addresses"]]
    print(";; Got answer:")
    print(f";; ->>HEADER<<- opcode: QUERY, status: {reply['status']}, id: 26513")
    print(
        f";; flags: qr aa rd; QUERY: 1, ANSWER: {len(records)}, AUTHORITY: 0, ADDITIONAL: 1\n\n"
        f";; QUESTION SECTION:\n;{name}\tIN\t{kind}\n"
    )
    if records:
        print("\n".join([";; ANSWER SECTION:", *records, ""]))
    print(f";; Query time: {round(reply['seconds'] * (1e6 if unit == 'usec' else 1e3))} {unit}")
    print(f";; SERVER: {network.SERVER}#53({network.SERVER}) (UDP)")
    print(f";; WHEN: {time.strftime('%a %b %d %H:%M:%S UTC %Y', time.gmtime())}\n;; MSG SIZE  rcvd: 99\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
