"""What a packet list of tshark or Wireshark says of DNS, ICMP and ARP, in tcpdump's words."""

import re

_DNS = re.compile(r"Standard query (?P<response>response )?0x(?P<id>[0-9a-f]{1,4}) (?P<rest>.*)")
_CODES = {
    "No such name": "NXDomain",
    "Server failure": "ServFail",
    "Refused": "Refused",
    "Format error": "FormErr",
    "Not implemented": "NotImp",
}
_CODE = re.compile(rf"({'|'.join(_CODES)}) ")
_ASKED = re.compile(r"(?P<type>[A-Z]+) (?P<name>\S+)(?P<records>.*)")
_RECORD = re.compile(r" (A|AAAA|CNAME|PTR) (\S+)")
_ECHO = re.compile(
    r"Echo \(ping\) (?P<kind>request|reply)\s+id=0x(?P<id>[0-9a-f]{1,4}), seq=(?P<seq>\d{1,5})"
)
_ASKS = re.compile(r"Neighbor Solicitation for (?P<address>[0-9a-f:.]+)")
_TELLS = re.compile(r"Neighbor Advertisement (?P<address>[0-9a-f:.]+)(?P<flags>[^)]*)")
_ROUTER = re.compile(r"(Router (?:Solicitation|Advertisement)|Multicast Listener Report(?: Message v2)?)")
_MAC = r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"
_ARP = (
    (re.compile(r"Who has (\S+?)\? (?:\(ARP Probe\)|Tell 0\.0\.0\.0\b)"), "Probe {0}"),
    (re.compile(r"Who has (\S+?)\?(?: Gratuitous)? +Tell (\S+)"), "Request who-has {0} tell {1}"),
    (re.compile(r"(?:ARP Announcement|Gratuitous ARP) for (\S+)(?! \(Reply)"), "Announcement {0}"),
    (re.compile(rf"(\S+) is at ({_MAC})"), "Reply {0} is-at {1}"),
)
_DNS_HEADERS = {False: 14 + 20 + 8, True: 14 + 40 + 8}


def dns(source: str, target: str, size: int | None, info: str) -> str | None:
    """A question or an answer; the client's port is not shown, and 0."""
    match = _DNS.match(info)
    if match is None:
        return None
    code = _CODE.match(match["rest"])
    asked = _ASKED.match(match["rest"][code.end() if code else 0 :])
    if asked is None:
        return None
    length = f"({max((size or 0) - _DNS_HEADERS[':' in source], 12)})"
    number, question = int(match["id"], 16), f"{asked['type']}? {asked['name']}"
    if not match["response"]:
        return f"{source}.0 > {target}.53: {number}+ {question}. {length}"
    records = [f"{kind} {value.rstrip(',')}" for kind, value in _RECORD.findall(asked["records"])]
    said = _CODES[code[1]] if code else ""
    answers = " " + ", ".join(records) if records else ""
    return f"{source}.53 > {target}.0: {number} {said} q: {question}. {len(records)}/0/0{answers} {length}"


def icmp(source: str, target: str, size: int | None, info: str) -> str | None:
    """Echo and neighbour discovery; of an error the packet that it is about is not shown, so it is not read."""
    six = ":" in source
    name, length = "ICMP6," if six else "ICMP", max((size or 0) - (54 if six else 34), 8)
    said = ""
    if echo := _ECHO.match(info):
        said = f"echo {echo['kind']}, id {int(echo['id'], 16)}, seq {echo['seq']}"
    elif asks := _ASKS.match(info):
        said = f"neighbor solicitation, who has {asks['address']}"
    elif tells := _TELLS.match(info):
        flags = [
            word
            for sign, word in (("rtr", "router"), ("sol", "solicited"), ("ovr", "override"))
            if sign in tells["flags"]
        ]
        said = f"neighbor advertisement, tgt is {tells['address']}, Flags [{','.join(flags)}]"
    elif router := _ROUTER.match(info):
        said = router[1].lower().replace(" message", "")
    return f"{source} > {target}: {name} {said}, length {length}" if said else None


def arp(info: str) -> str | None:
    """Who asks for whom, and who answers."""
    for pattern, words in _ARP:
        if match := pattern.match(info):
            return words.format(*match.groups()) + ", length 28"
    return None
