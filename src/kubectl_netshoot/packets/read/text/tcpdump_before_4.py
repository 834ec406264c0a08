"""What tcpdump printed before version 4.0, in the words that it prints since: TCP, lengths, ICMP, and ARP."""

import re

# Of a segment the letters of its flags, or a dot where there are none but the ACK, which is told by its number.
_SEGMENT = re.compile(
    r"(?P<flags>[SFPRWEU]{1,6}|\.)(?: \[[^\]]*\])?,?(?P<sum> cksum 0x[0-9a-f]+ \([^)]*\),?)?"
    r"(?: (?P<seq>\d+):(?P<end>\d+)\((?P<length>\d+)\))?(?: ack (?P<ack>\d+))?(?: win (?P<win>\d+))?"
    r"(?: urg \d+)?(?: <(?P<options>[^>]*)(?P<closed>>?))?"
)
_TIMESTAMP = re.compile(r"\btimestamp (\d+) (\d+)")
_DATAGRAM = re.compile(r"udp (?P<length>\d+)(?= |$)")
_ICMP = re.compile(r"icmp(?: (?P<length>\d+))?: (?P<said>.*)", re.DOTALL)
_ECHO = re.compile(r"(echo (?:request|reply))(?:, id (\d+))?,?(?: seq (\d+))?(.*)", re.DOTALL)
_ARP = re.compile(r"arp (?P<said>who-has|reply) (?P<rest>.*)", re.DOTALL)


def in_new_words(rest: str) -> str:
    """What stands behind the ends of a packet; as it is where it was printed so ever since."""
    if match := _SEGMENT.match(rest):
        if match["ack"] or match["seq"]:
            return segment(match)
    elif match := _DATAGRAM.match(rest):
        return f"UDP, length {match['length']}"
    elif match := _ICMP.match(rest):
        said, length = match["said"], match["length"] or 64
        if echo := _ECHO.match(said):
            return f"ICMP {echo[1]}, id {echo[2] or 0}, seq {echo[3] or 0}, length {length}"
        return f"ICMP {said}, length {length}"
    return rest


def segment(match: "re.Match[str]") -> str:
    """A segment of TCP; what follows its options (`(DF)`) is dropped."""
    letters = match["flags"].replace(".", "") + ("." if match["ack"] else "")
    parts = [f"Flags [{letters}]"]
    if match["sum"]:
        parts.append(match["sum"].strip(" ,"))
    if match["seq"]:
        parts.append(f"seq {match['seq']}" + ("" if "S" in letters else f":{match['end']}"))
    parts += [f"{word} {match[word]}" for word in ("ack", "win") if match[word]]
    if match["options"]:
        parts.append(_TIMESTAMP.sub(r"TS val \1 ecr \2", f"options [{match['options']}]"))
    # A segment without data was printed without numbers; the window never fails.
    if match["win"] and match["closed"] != "":
        parts.append(f"length {match['length'] or 0}")
    return ", ".join(parts)


def arp_in_new_words(line: str) -> str | None:
    """What is printed of ARP; None for what is none."""
    match = _ARP.match(line)
    if match is None:
        return None
    said = "Request who-has" if match["said"] == "who-has" else "Reply"
    return f"{said} {match['rest'].rstrip()}, length 28"
