"""`dig` of a pod: +short or the answer section, by the machine's own resolver."""

from __future__ import annotations

import socket
import sys


def main(arguments: list[str]) -> int:
    names = [a for a in arguments if not a.startswith(("+", "-", "@")) and a.upper() not in ("A", "IN")]
    for name in names:
        addresses = _addresses(name)
        if "+short" in arguments:
            print("".join(f"{address}\n" for address in addresses), end="")
            continue
        status = "NOERROR" if addresses else "NXDOMAIN"
        print(f";; ->>HEADER<<- opcode: QUERY, status: {status}, id: 1\n\n;; ANSWER SECTION:")
        print("".join(f"{name}.\t30\tIN\tA\t{address}\n" for address in addresses))
    return 0


def _addresses(name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror:
        return []
    return sorted({str(address[0]) for *_, address in found})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
