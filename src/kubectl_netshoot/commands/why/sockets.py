"""What `ss` and the kernel's counters in a server's pod say, as evidence. Pure text in."""

from kubectl_netshoot.commands.why.evidence import ListenQueue, NstatCounters


def listeners(text: str) -> tuple[ListenQueue, ...]:
    """Of `ss -Hltn`: what waits for connections, how many wait to be accepted, and how many may."""
    found = []
    for line in text.splitlines():
        fields = line.split()
        local = _end(fields[3]) if len(fields) >= 5 and fields[0] == "LISTEN" else None
        if local and fields[1].isdecimal() and fields[2].isdecimal():
            found.append(ListenQueue(*local, int(fields[1]), int(fields[2])))
    return tuple(found)


def half_open(text: str) -> tuple[int, ...]:
    """Of `ss -Htn state syn-recv`: the clients' ports of handshakes that have begun, and are not complete."""
    peers = (_end(fields[3]) for line in text.splitlines() if len(fields := line.split()) >= 4)
    return tuple(peer[1] for peer in peers if peer)


def counters(before: str, after: str) -> NstatCounters:
    """What was counted between two looks at /proc/net/snmp and /proc/net/netstat."""
    one, two = _numbers(before), _numbers(after)

    def more(name: str) -> int:
        return max(0, two.get(name, 0) - one.get(name, 0)) if name in one else 0

    return NstatCounters(
        received=more("Ip:InReceives"),
        delivered=more("Ip:InDelivers"),
        listen_overflows=more("TcpExt:ListenOverflows"),
        resets_sent=more("Tcp:OutRsts"),
        unreachables_sent=more("Icmp:OutDestUnreachs"),
    )


def _end(text: str) -> tuple[str, int] | None:
    address, _, port = text.rpartition(":")
    if port == "*":
        port = "0"
    return (address.strip("[]").partition("%")[0], int(port)) if port.isdecimal() else None


def _numbers(text: str) -> dict[str, int]:
    """A line of names and a line of numbers for each protocol."""
    found: dict[str, int] = {}
    names: dict[str, list[str]] = {}
    for line in text.splitlines():
        protocol, *words = line.split() or [""]
        if protocol not in names:
            names[protocol] = words
        else:
            numbers = (int(word) if word.lstrip("-").isdecimal() else 0 for word in words)
            found |= {
                f"{protocol}{name}": number for name, number in zip(names[protocol], numbers, strict=False)
            }
    return found
