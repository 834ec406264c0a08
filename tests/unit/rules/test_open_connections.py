"""Counting clients in the middle of something: a line that cannot be read is one, a sidecar inside the pod is none."""

from collections.abc import Collection

import pytest

from kubectl_netshoot.rules.open_connections import END, by_proc, by_ss

PORTS = (8080, 9090)
SS = [
    ("0 0 10.0.0.5:8080 10.0.0.9:51234", 1),
    ("0      0            10.0.0.5:8080      10.0.0.9:51234   ", 1),
    ("ESTAB 0 0 10.0.0.5:8080 10.0.0.9:51234", 1),
    ("0 0 10.0.0.5:22 10.0.0.9:8080", 0),
    ("0 0 10.0.0.5:18080 10.0.0.9:51234", 0),
    ("0 0 [::ffff:10.0.0.5]:8080 [::ffff:10.0.0.9]:51234", 1),
    ("0 0 [2001:db8::5]:9090 [2001:db8::9]:51234", 1),
    ("0 0 [fe80::1%eth0]:8080 [fe80::2%eth0]:51234", 1),
    ("0 0 10.0.0.5%eth0:8080 10.0.0.9:51234", 1),
    ("0 0 127.0.0.1:8080 127.0.0.1:51234", 0),
    ("0 0 [::1]:8080 [::1]:51234", 0),
    ("0 0 [::ffff:127.0.0.1]:8080 [::ffff:127.0.0.1]:51234", 0),
    ("0 0 127.0.0.1%lo:8080 127.0.0.1:51234", 0),
    ("ESTAB 0 0 10.0.0.5:8080 10.0.0.5:51234", 0),
    ("ESTAB 0 0 [::ffff:10.0.0.5%eth0]:8080 [::ffff:10.0.0.5]:51234", 0),
    ("SYN-RECV 0 0 10.0.0.5:8080 10.0.0.9:51234", 1),
    # Sends its request, shuts down its writing side, and waits for the answer.
    ("CLOSE-WAIT 19     0      10.0.0.5:8080 10.0.0.9:51234", 1),
    ("CLOSE-WAIT 1 0 127.0.0.1:8080 127.0.0.1:51234", 0),
    ("CLOSE-WAIT 1 0 10.0.0.5:40000 10.0.0.9:8080", 0),
    # The application has closed; what the client has not acknowledged is lost with the pod.
    ("FIN-WAIT-1 0      3010561 10.0.0.5:8080 10.0.0.9:51234", 1),
    ("CLOSING 0 1449 10.0.0.5:8080 10.0.0.9:51234", 1),
    ("LAST-ACK 0 1449 10.0.0.5:8080 10.0.0.9:51234", 1),
    # No more than the FIN itself.
    ("FIN-WAIT-1 0 1 10.0.0.5:8080 10.0.0.9:51234", 0),
    ("CLOSING 0 1 10.0.0.5:8080 10.0.0.9:51234", 0),
    ("LAST-ACK 0 1 10.0.0.5:8080 10.0.0.9:51234", 0),
    ("FIN-WAIT-2 0 0 10.0.0.5:8080 10.0.0.9:51234", 0),
    ("TIME-WAIT 0 0 10.0.0.5:8080 10.0.0.9:51234", 0),
    ("LISTEN 0 128 0.0.0.0:8080 0.0.0.0:*", 0),
    ("LISTEN 0      511                *:8080            *:*", 0),
    ("LISTEN 0 4096 [::]:8080 [::]:*", 0),
    ("SYN-SENT 0 1 10.0.0.5:8080 10.0.0.9:80", 0),
    ("NEW-STATE 0 0 10.0.0.5:8080 10.0.0.9:51234", 1),
    ("ESTAB x y 10.0.0.5:8080 10.0.0.9:51234", 1),
    ("0 0 10.0.0.5:http 10.0.0.9:51234", 1),
    ("0 0 10.0.0.5:² 10.0.0.9:51234", 1),
    ("0 0 10.0.0.5:" + "9" * 5000 + " 10.0.0.9:51234", 1),
    ("ss: cannot open netlink socket", 1),
    ("garbage", 1),
    ("", 0),
    ("   \n\n", 0),
]


def in_ss(text: str, ports: Collection[int]) -> int:
    found = by_ss(0, f"{text}\n{END}\n", ports)
    assert found
    return found.clients


@pytest.mark.parametrize(("line", "count"), SS)
def test_a_line_of_ss(line: str, count: int) -> None:
    assert in_ss(line, PORTS) == count


def test_lines_of_ss_add_up() -> None:
    assert in_ss("\n".join(line for line, _ in SS), PORTS) == sum(count for _, count in SS)


HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
QUEUES = "00000000:00000000"
REST = "00:00000000 00000000     0        0 4242 1 0000000000000000 20 4 30 10 -1"
IPV6 = "0000000000000000FFFF00000500000A:1F90 0000000000000000FFFF00000900000A:C822 01"
FROM_CLIENT = "0500000A:0016 0900000A:1F90 01"
INSIDE = "0100007F:1F90 0100007F:C822 01"
PROC = [
    ("0500000A:1F90 0900000A:C822 01", 1),
    ("0500000A:1F90 0900000A:C822 03", 1),
    ("0500000A:1F90 0900000A:C822 08", 1),
    ("0500000A:1F90 0900000A:C822 0A", 0),
    ("0500000A:1F90 0900000A:C822 06", 0),
    ("0500000A:1F90 0900000A:C822 05", 0),
    ("0500000A:1F90 0900000A:C822 02", 0),
    ("0500000A:1F90 0900000A:C822 0D", 1),
    ("0500000A:1F90 0500000A:C822 01", 0),
    (FROM_CLIENT, 0),
    (INSIDE, 0),
    (IPV6, 1),
    ("0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:C822 01", 0),
    ("00000000000000000000000001000000:1F90 00000000000000000000000001000000:C822 01", 0),
    ("B80D0120000000000000000005000000:2382 B80D0120000000000000000009000000:C822 01", 1),
    ("0500000A:port 0900000A:C822 01", 1),
    ("0500000A 0900000A 01", 1),
]


def in_proc(text: str, ports: Collection[int]) -> int:
    found = by_proc(f"{HEADER}\n{text}\n{END}\n", ports)
    assert found
    return found.clients


@pytest.mark.parametrize(("addresses", "count"), PROC)
def test_a_line_of_proc(addresses: str, count: int) -> None:
    assert in_proc(f"   0: {addresses} {QUEUES} {REST}", PORTS) == count


@pytest.mark.parametrize("state", ["04", "0B", "09"])
@pytest.mark.parametrize(("queue", "count"), [("002DF001", 1), ("00000002", 1), ("00000001", 0)])
def test_what_a_client_has_not_got_yet_counts(state: str, queue: str, count: int) -> None:
    line = f"   0: 0500000A:1F90 0900000A:C822 {state} {queue}:00000000 {REST}"
    assert in_proc(line, PORTS) == count


def test_both_tables_one_after_the_other() -> None:
    text = "\n".join(
        [HEADER, f"   0: {PROC[0][0]} {QUEUES} {REST}", HEADER, f"   0: {IPV6} {QUEUES} {REST}", ""]
    )
    assert in_proc(text, PORTS) == 2


def test_ports_that_are_not_known_make_every_client_count() -> None:
    assert in_ss(SS[3][0], ()) == 1
    assert in_ss(SS[9][0], ()) == 0
    assert in_proc(f"   0: {FROM_CLIENT} {QUEUES} {REST}", ()) == 1
    assert in_proc(f"   0: {INSIDE} {QUEUES} {REST}", ()) == 0


def test_what_was_told_to_its_end_counts() -> None:
    one, nobody = by_ss(0, f"{SS[0][0]}\n{END}\n", PORTS), by_ss(0, f"{END}\n", PORTS)
    assert one
    assert nobody
    assert (one.clients, nobody.clients) == (1, 0)
    found = by_proc(f"{HEADER}\n   0: {PROC[0][0]} {QUEUES} {REST}\n{END}\n", PORTS)
    assert found
    assert found.clients == 1


@pytest.mark.parametrize(
    ("status", "said"), [(0, ""), (0, f"{SS[0][0]}\n"), (0, "0 0 10.0."), (127, f"{END}\n"), (1, "")]
)
def test_what_was_cut_off_or_failed_is_no_zero(status: int, said: str) -> None:
    """kubectl exec ends with 0 too when its stdout is full, or its connection was closed cleanly."""
    assert by_ss(status, said, PORTS) is None


@pytest.mark.parametrize("said", ["", f"{HEADER}\n", f"   0: {PROC[1][0]} {QUEUES} {REST}\n", f"{END}\n"])
def test_a_table_that_was_cut_off_or_is_none_is_no_zero(said: str) -> None:
    assert by_proc(said, PORTS) is None
