"""tcpdump at the other end: how it is called, bounded there, asked for its counts and ended; what its stderr means.

All words of the filter are arguments behind `--`. The only script is a constant of ours, which gets everything else as
its positional parameters.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from kubectl_netshoot.errors import NetshootError, UsageError
from kubectl_netshoot.terminal import one_line

END_MARK = "kubectl-netshoot: tcpdump ended with status"
# What the copy's filter is tried with may look up host names there.
CHECK_SECONDS = 30.0

# What the kernel takes to hand over what it has captured; in immediate mode nothing but its turn.
HANDOVER_SECONDS = {False: "1.2", True: "0.1"}
# Runs "$@" and ends it (TERM, which flushes; KILL if that is of no use) when one of these is so:
# its stdin has ended, by our hand or since we and our kubectl are dead; $1 seconds are over; it has written $2 bytes.
# The kernel hands packets over in blocks, once a second (libpcap's timeout, as tcpdump sets it), and a tcpdump that is
# ended does not read its last block: so it is ended when what has come by then was handed over, $4 seconds later.
# Immediate mode does without most of that wait, but its ring holds no more than a few packets of full length.
# A line on stdin asks tcpdump for its counts. $3 is the sleeper of an ephemeral container, or 0. Where nobody is left
# to end it, it ends a moment later: with it the container ends, and what is still on its way could be lost.
# tcpdump itself runs here and not below `timeout`, whose coreutils version dies of the USR1 that asks for counts.
SCRIPT = """\
seconds=$1 bytes=$2 sleeper=$3 handover=$4
shift 4
exec 3<&0 </dev/null
"$@" 3<&- &
t=$!
end() {
  trap 'kill $!; exit' TERM
  for pause in "$handover" 2; do sleep $pause & wait $! && break; done
  kill $t
  sleep 5 &
  wait $!
  kill -9 $t
}
(while read -r x; do kill -USR1 $t; done; end) <&3 3<&- >/dev/null 2>&1 &
a=$!
(trap 'kill $!; exit' TERM; sleep "$seconds" & wait $!; end) 3<&- >/dev/null 2>&1 &
b=$!
(trap 'kill $!; exit' TERM
while sleep 1 & wait $!; do
  while read -r k v; do
    if [ "$k" = wchar: ] && [ "$v" -ge "$bytes" ]; then end; fi
  done </proc/$t/io || exit
done) 3<&- >/dev/null 2>&1 &
c=$!
wait $t
s=$?
kill $a $b $c
echo "kubectl-netshoot: tcpdump ended with status $s" >&2
if [ "$sleeper" != 0 ]; then (sleep 5; kill "$sleeper") 3<&- >/dev/null 2>&1 & fi
"""


@dataclass(frozen=True)
class Bounds:
    """Where a capture ends at the latest. `count` and `snaplen` are 0 where there is none; `max_size` is in bytes."""

    duration: timedelta = timedelta(minutes=10)
    count: int = 0
    max_size: int = 10**9
    snaplen: int = 0


@dataclass(frozen=True)
class Tcpdump:
    """One tcpdump: the words of a command line, as it takes them. `immediate` is for short packets only."""

    interface: str
    bounds: Bounds
    text: bool = False
    filter: tuple[str, ...] = ()
    immediate: bool = False

    def check_argv(self) -> tuple[str, ...]:
        """Compiles the filter for this interface and ends: whatever is wrong shows here, and nothing is captured."""
        return ("tcpdump", "-i", self.interface, "-d", "--", *self.filter)

    def argv(self) -> tuple[str, ...]:
        """The capture itself, to stdout."""
        form = ("-n", "-v", "-l") if self.text else ("-U", "-w", "-")
        snaplen = ("-s", str(self.bounds.snaplen)) if self.bounds.snaplen else ()
        count = ("-c", str(self.bounds.count)) if self.bounds.count else ()
        immediate = ("--immediate-mode",) if self.immediate else ()
        return ("tcpdump", "-i", self.interface, *form, *immediate, *snaplen, *count, "--", *self.filter)

    def bounded_argv(self, sleeper: int = 0) -> tuple[str, ...]:
        """The capture below the script that ends it."""
        seconds = max(1, round(self.bounds.duration.total_seconds()))
        handover = HANDOVER_SECONDS[self.immediate]
        bounds = (str(seconds), str(self.bounds.max_size), str(sleeper), handover)
        return ("sh", "-c", SCRIPT, "capture", *bounds, *self.argv())


@dataclass(frozen=True)
class Counts:
    """tcpdump's own three."""

    captured: int
    received: int
    dropped: int

    def __str__(self) -> str:
        return (
            f"{self.captured:,} packets captured, {self.received:,} received by filter, "
            f"{self.dropped:,} dropped by kernel"
        )


_COUNT = re.compile(r"(\d+) packets? (captured|received by filter|dropped by (?:kernel|interface))")
_ENDED = re.compile(re.escape(END_MARK) + r" (\d+)")
_TALK = ("listening on ", "verbose output suppressed", "data link type ", "dropped privs to ")
_OF_KUBECTL = ("Defaulting debug container", "Defaulted container", "command terminated with exit code")


class TcpdumpStderr:
    """What came on stderr, line by line: counts, the end, and everything else as complaints."""

    def __init__(self) -> None:
        self.listening = False
        self.live: Counts | None = None
        self.final: Counts | None = None
        self.status: int | None = None
        self.complaints: list[str] = []
        self._found: dict[str, int] = {}

    def hear(self, line: str) -> None:
        """One line, without its end."""
        text = one_line(line)
        counts = {what: int(number) for number, what in _COUNT.findall(text)}
        plain = text.removeprefix("tcpdump: ")
        if len(counts) >= 3:
            self.live = _counts(counts)
        elif counts:
            self._found |= counts
            if "captured" in self._found and "received by filter" in self._found:
                self.final = _counts(self._found)
        elif ended := _ENDED.search(text):
            self.status = int(ended[1])
        elif plain.startswith("listening on "):
            self.listening = True
        elif text and not plain.startswith(_TALK) and not text.startswith(_OF_KUBECTL):
            self.complaints.append(text)
            del self.complaints[:-20]

    @property
    def whole(self) -> bool:
        """Whether tcpdump came to its end and what it said of it arrived: nothing was cut off."""
        return self.status is not None and self.final is not None


def _counts(found: dict[str, int]) -> Counts:
    dropped = sum(number for what, number in found.items() if what.startswith("dropped"))
    return Counts(found.get("captured", 0), found.get("received by filter", 0), dropped)


NO_RAW_SOCKET = ("You don't have permission", "Operation not permitted", "Permission denied")
MISSING = ("executable file not found", "no such file or directory", "not found in $PATH")


def judge_check(status: int, stderr: str, image: str, profile: str) -> None:
    """Raise where `tcpdump -d` failed: UsageError for what was asked of it, NetshootError for where it runs."""
    if status == 0:
        return
    said = TcpdumpStderr()
    for line in stderr.splitlines():
        said.hear(line)
    if any(words in stderr for words in MISSING) or status == 127:
        raise NetshootError(
            f"the image {image} has no tcpdump",
            "choose one that has it, e.g. --image nicolaka/netshoot:v0.16",
        )
    if any(words in stderr for words in NO_RAW_SOCKET):
        raise no_raw_sockets(f"profile {profile} gives the container no raw sockets (NET_RAW)")
    own = [line for line in said.complaints if line.startswith("tcpdump: ")]
    if own:
        raise UsageError(
            own[0], "the filter stands after `--`; -i is for the interface\ntry: man pcap-filter"
        )
    raise NetshootError(f"tcpdump could not be tried: {' '.join(said.complaints) or f'status {status}'}")


def no_raw_sockets(reason: str) -> NetshootError:
    """The error for a place where tcpdump cannot work, with the way out."""
    return NetshootError(
        f"tcpdump cannot capture there: {reason}",
        "--profile netadmin asks for it, where the namespace's PodSecurity level is privileged; \n"
        "else ask an administrator, or capture in another namespace or on the client's side",
    )


def words(filter_: Sequence[str]) -> str:
    """The filter for people."""
    return " ".join(filter_) or "no filter"
