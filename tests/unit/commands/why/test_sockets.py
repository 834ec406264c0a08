"""What ss and the kernel's counters print, as evidence."""

from kubectl_netshoot.commands.why.evidence import ListenQueue, NstatCounters
from kubectl_netshoot.commands.why.sockets import counters, half_open, listeners

# Of iproute2 6.9.
SS_LISTENING = """\
LISTEN 129  128          0.0.0.0:5432      0.0.0.0:*
LISTEN 0    511             [::]:80           [::]:*
LISTEN 0    4096   127.0.0.11%lo:40123     0.0.0.0:*
ESTAB  0    0      10.244.2.9:5432   10.244.1.7:61003
nonsense
"""
SS_HALF_OPEN = """\
0      0                10.244.2.9:5432         10.244.1.7:61003
0      0      [::ffff:10.244.2.9]:5432 [::ffff:10.244.1.7]:61004
nonsense
"""
BEFORE = """\
Ip: Forwarding DefaultTTL InReceives InHdrErrors InDelivers
Ip: 1 64 100 0 100
Icmp: InMsgs OutDestUnreachs
Icmp: 0 2
Tcp: RtoAlgorithm MaxConn OutRsts
Tcp: 1 -1 7
TcpExt: SyncookiesSent ListenOverflows
TcpExt: 0 5
"""


def test_listeners_and_their_queues() -> None:
    found = listeners(SS_LISTENING)
    assert found == (
        ListenQueue("0.0.0.0", 5432, 129, 128),
        ListenQueue("::", 80, 0, 511),
        ListenQueue("127.0.0.11", 40123, 0, 4096),
    )
    assert [one.full for one in found] == [True, False, False]
    assert listeners("") == ()


def test_handshakes_that_have_begun() -> None:
    assert half_open(SS_HALF_OPEN) == (61003, 61004)
    assert half_open("") == ()


def test_what_was_counted_between_two_looks() -> None:
    after = BEFORE.replace("64 100 0 100", "64 118 0 103").replace("1 -1 7", "1 -1 9").replace("0 5", "0 23")
    assert counters(BEFORE, after) == NstatCounters(18, 3, 18, 2, 0)
    assert counters(BEFORE, BEFORE) == NstatCounters()


def test_what_cannot_be_read_counts_nothing() -> None:
    assert counters("", BEFORE) == NstatCounters()
    assert counters(BEFORE, "") == NstatCounters()
    assert counters("Ip: InReceives\nIp: x\n\n", "Ip: InReceives\nIp: 7\n") == NstatCounters(received=7)
