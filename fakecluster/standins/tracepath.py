"""`tracepath` of a pod: everybody who can be found is one hop away."""

from __future__ import annotations

import socket
import sys

from fakecluster.standins import network

if __name__ == "__main__":
    try:
        ADDRESS = network.address_of(sys.argv[-1])
    except socket.gaierror as error:
        sys.exit(f"tracepath: {sys.argv[-1]}: {error.strerror}")
    print(" 1?: [LOCALHOST]                      pmtu 1500")
    print(f" 1:  {ADDRESS:<40}               0.057ms reached")
    print("     Resume: pmtu 1500 hops 1 back 1 ")
