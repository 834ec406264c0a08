"""One question to one tool in the pod, the script that runs many of them side by side, and what came back.

The script is a constant: all that varies are its positional parameters, four words for each probe. It prints
`N:line` for what probe N said and `N=status` for its end, each line in one write, so that nothing is mixed up.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from kubectl_netshoot.session.tools.output import lacks_right

# So many run at once: each may take 15 MB, and the debug container's limit is 256.
WORKERS = 8
PROBE_SECONDS = 8
# From the start of a request to the end of its answer.
ANSWER_SECONDS = 5
MOST_BYTES = 12_000
# An exec's words are in its URL, and a proxy in front of the API server may take lines of 8 kB only (nginx's default).
LONGEST_URL = 7000
MISSING, TIMED_OUT, TERMINATED = 127, 124, 143

SCRIPT = r"""
limit=$1 budget=$2 workers=$3 most=$4 patience=$5 held=$6
shift 6
[ -z "$held" ] || read -r held || exit 0
begun=$(date +%s)
bound() { if command -v timeout >/dev/null 2>&1; then timeout "$limit" "$@"; else "$@"; fi; }
ask() { bound dig -u +tries=1 +time=3 +nocmd +noall +comments +question +answer +stats "$@"; }
get() {
  bound curl -gsS --noproxy '*' -o /dev/null --connect-timeout 3 -m "$patience" \
    -w 'code=%{http_code} connect=%{time_connect} total=%{time_total}\n' "$@"
}
probe() {
  case $1 in
  resolver) cat /etc/resolv.conf ;;
  hosts) cat /etc/hosts ;;
  links) bound ip -o link show ;;
  sockets) bound ss -Hltun ;;
  listeners) bound ss -Hltn ;;
  halfopen) bound ss -Htn state syn-recv ;;
  counters) cat /proc/net/snmp /proc/net/netstat ;;
  name) ask -t "$3" -q "$2" ;;
  nameovertcp) ask +tcp +search -t "$3" -q "$2" ;;
  search) ask +search +showsearch -t "$3" -q "$2" ;;
  latency) for i in 1 2 3 4 5; do ask +time=1 -t "$3" -q "$2"; done ;;
  tcp) bound nc -z -v -w 3 "$2" "$3" ;;
  connect) bound nc -z -v -w "$patience" -p "$4" "$2" "$3" ;;
  knock) for i in 1 2 3 4 5; do bound nc -z -v -w 1 "$2" "$3"; done ;;
  http) get ${3:+--local-port "$3"} ${4:+-H "Host: $4"} "$2" ;;
  https) get -k ${4:+--local-port "$4"} --resolve "$3" "$2" ;;
  tls)
    said=$(bound openssl s_client -connect "$2" -servername "$3" </dev/null 2>&1)
    status=$?
    printf '%s\n' "$said" | grep -E '^depth=|^Verify return code|^CONNECTED|error:'
    case $said in
    *"BEGIN CERTIFICATE"*)
      printf '%s\n' "$said" | openssl x509 -noout -subject -issuer -dates -ext subjectAltName 2>&1 ;;
    esac
    return $status ;;
  ping) bound ping -n -c 10 -i 0.2 -W 1 "$2" ;;
  unsplit) bound ping -n -c 2 -i 0.2 -W 1 -M do -s "$3" "$2" ;;
  route)
    if command -v tcptraceroute >/dev/null 2>&1; then bound tcptraceroute -n -q 1 -w 1 -m 7 "$2" "$3"
    else bound traceroute -T -n -q 1 -w 1 -m 7 -p "$3" "$2"; fi ;;
  routeudp) bound tracepath -n -m 5 "$2" ;;
  esac
}
tell() {
  while IFS= read -r line || [ -n "$line" ]; do printf '%s:%s\n' "$1" "$line"; done
}
work() {
  worker=$1 n=0
  shift
  while [ $# -ge 4 ]; do
    if [ $((n % workers)) -eq "$worker" ] && [ $(($(date +%s) - begun)) -lt "$budget" ]; then
      { { probe "$@" 2>&1; printf '%s=%s\n' "$n" "$?" >&3; } | head -c "$most" | cut -b 1-2000 | tell "$n"; } 3>&1
    fi
    n=$((n + 1))
    shift 4
  done
}
i=0
while [ "$i" -lt "$workers" ]; do
  work "$i" "$@" </dev/null &
  i=$((i + 1))
done
wait
"""
_LINE = re.compile(rb"([0-9]{1,6})([:=])(.*)", re.DOTALL)


@dataclass(frozen=True)
class Probe:
    """What is asked, and of whom: up to three words more."""

    kind: str
    first: str = ""
    second: str = ""
    third: str = ""

    @property
    def words(self) -> tuple[str, str, str, str]:
        return self.kind, self.first, self.second, self.third


@dataclass
class ToolOutput:
    """What a tool said. `status` is None for one that did not end, or did not begin, within the time."""

    status: int | None = None
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def last(self) -> str:
        """The last line that says something."""
        return next((line.strip() for line in reversed(self.lines) if line.strip()), "")


@dataclass(frozen=True)
class Pace:
    """How many probes run at once, the seconds that one may take, and those for an answer or a connection."""

    workers: int = WORKERS
    limit: int = PROBE_SECONDS
    patience: int = ANSWER_SECONDS


USUAL = Pace()


def script_argv(
    probes: Sequence[Probe], budget: int, pace: Pace = USUAL, held: bool = False
) -> tuple[str, ...]:
    """The command that asks all of them; none begins later than `budget` seconds after the first. `held`: it waits for
    a line on its stdin, and asks nothing where that ends without one.
    """
    workers = min(pace.workers, len(probes)) or 1
    bounds = (pace.limit, budget, workers, MOST_BYTES, pace.patience)
    words = (word for probe in probes for word in probe.words)
    return ("sh", "-c", SCRIPT, "check", *map(str, bounds), "held" if held else "", *words)


def url_bytes(words: Sequence[str]) -> int:
    """How many bytes of an exec's URL these words of a command take."""
    return sum(len("&command=") + len(quote_plus(word)) for word in words)


def batches(probes: Sequence[Probe]) -> Iterator[list[Probe]]:
    """The same probes in the same order, as few at a time as LONGEST_URL demands, and never none."""
    room = LONGEST_URL - url_bytes(script_argv((), 0))
    batch: list[Probe] = []
    used = 0
    for probe in probes:
        size = url_bytes(probe.words)
        if batch and used + size > room:
            yield batch
            batch, used = [], 0
        batch.append(probe)
        used += size
    if batch:
        yield batch


class Answers:
    """Fed with what the script prints, in pieces as they come; asked by probe."""

    def __init__(self) -> None:
        self._found: dict[Probe, ToolOutput] = {}

    def begin(self, probes: Sequence[Probe]) -> "RunOutput":
        """What takes in the output of one run of the script with these probes; earlier answers of theirs are void."""
        for probe in probes:
            self._found.pop(probe, None)
        return RunOutput(probes, self._found)

    def of(self, probe: Probe) -> ToolOutput:
        """An answer without status where there was none."""
        return self._found.get(probe, ToolOutput())


class RunOutput:
    """One run's output. A line that is not one of the script's is nobody's answer."""

    def __init__(self, probes: Sequence[Probe], found: dict[Probe, ToolOutput]) -> None:
        self._probes, self._found = probes, found
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take in the next piece."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line)
        self._rest = self._rest[-MOST_BYTES:]

    @property
    def ended(self) -> int:
        """How many of the probes have come to their end."""
        return sum(self._found.get(probe, ToolOutput()).status is not None for probe in self._probes)

    def _take(self, line: bytes) -> None:
        match = _LINE.fullmatch(line)
        if not match or int(match[1]) >= len(self._probes):
            return
        answer = self._found.setdefault(self._probes[int(match[1])], ToolOutput())
        text = match[3].decode(errors="replace")
        if match[2] == b":":
            answer.lines.append(text)
        elif text.isdecimal():
            answer.status = int(text)


_TOOLS = {
    "resolver": "cat",
    "hosts": "cat",
    "links": "ip",
    "sockets": "ss",
    "name": "dig",
    "search": "dig",
    "nameovertcp": "dig",
    "latency": "dig",
    "listeners": "ss",
    "halfopen": "ss",
    "counters": "cat",
    "tcp": "nc",
    "connect": "nc",
    "knock": "nc",
    "http": "curl",
    "https": "curl",
    "tls": "openssl",
    "ping": "ping",
    "unsplit": "ping",
    "route": "traceroute",
    "routeudp": "tracepath",
}


def no_answer(kind: str, answer: ToolOutput) -> str:
    """What goes behind `was not checked: `."""
    tool = _TOOLS[kind]
    if answer.status is None:
        return "there was no answer in time"
    if answer.status == MISSING:
        return f"the image has no {tool}"
    if answer.status in (TIMED_OUT, TERMINATED):
        return f"{tool} took too long"
    if lacks_right(answer.text, answer.status):
        return f"{tool} needs a right (NET_RAW) that the container does not have"
    return f"{tool} said {answer.last!r}" if answer.last else f"{tool} ended with status {answer.status}"
