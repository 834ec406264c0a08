"""`dig` of a pod: NAME [TYPE] or -q NAME -t TYPE, +short or comments, question, answer and stats; +search +showsearch,
-u, +tcp, +time=SECONDS.

As with the real one a bare word that is a type is one, and no name.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator
from typing import Any

from fakecluster.standins import network

NO_SERVER = 9
TYPES = ("A", "AAAA", "ANY", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT")


def main(arguments: list[str]) -> int:
    valued = {flag: value for flag, value in itertools.pairwise(arguments) if flag in ("-q", "-t")}
    behind = {index + 1 for index, word in enumerate(arguments) if word in ("-q", "-t")}
    words = [
        word
        for index, word in enumerate(arguments)
        if index not in behind and not word.startswith(("+", "-", "@")) and word.upper() != "IN"
    ]
    kind = next((word.upper() for word in [valued.get("-t", ""), *words] if word.upper() in TYPES), "A")
    names = [valued["-q"]] if "-q" in valued else [word for word in words if word.upper() not in TYPES]
    # Without a name it asks for the root's name servers.
    for name in names or ["."]:
        full = network.tried(name) if "+search" in arguments else [f"{name.rstrip('.')}."]
        try:
            for reply in _replies(full, kind, "+tcp" in arguments, "+showsearch" in arguments):
                if "+short" in arguments:
                    print("".join(f"{address}\n" for address in reply["addresses"]), end="")
                else:
                    _tell(reply, kind, "usec" if "-u" in arguments else "msec")
        except TimeoutError:
            time.sleep(next((float(word[6:]) for word in arguments if word.startswith("+time=")), 5.0))
            print(
                f";; communications error to {network.SERVER}#53: timed out\n;; no servers could be reached\n"
            )
            return NO_SERVER
    return 0


def _replies(names: list[str], kind: str, tcp: bool, all_of_them: bool) -> Iterator[dict[str, Any]]:
    """Until the first that is known."""
    for name in names:
        begun = time.monotonic()
        found = network.resolve(name, kind, tcp)
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
