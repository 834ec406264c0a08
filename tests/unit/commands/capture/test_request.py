"""Sizes, interfaces, outputs: what is taken and what is refused."""

import pytest

from kubectl_netshoot.commands.capture.request import (
    CaptureForm,
    OutputOptions,
    check_interface,
    check_merge,
    choose_output,
    parse_size,
    rotated,
)
from kubectl_netshoot.errors import UsageError


@pytest.mark.parametrize(
    ("text", "size"),
    [("1kB", 1000), ("100MB", 10**8), ("1GB", 10**9), ("1GiB", 2**30), ("1500B", 1500), ("2TB", 2 * 10**12)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text, "--rotate") == size


@pytest.mark.parametrize(
    "text", ["", "1", "1M", "-1MB", "1.5GB", "1 GB", "10B", "0kB", "9999999999GB", "\u0663MB"]
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="--rotate"):
        parse_size(text, "--rotate")


@pytest.mark.parametrize("name", ["any", "eth0", "eth0.100", "veth1a2b@if3", "cni-podman0"])
def test_interfaces(name: str) -> None:
    assert check_interface(name) == name


@pytest.mark.parametrize("name", ["", "-w", "a b", "a/b", "x" * 16, "a\x1b", "eth0:1"])
def test_what_is_no_interface(name: str) -> None:
    with pytest.raises(UsageError, match="--interface"):
        check_interface(name)


@pytest.mark.parametrize(
    ("write", "chosen", "terminal", "output"),
    [
        ("", [], True, OutputOptions(CaptureForm.TEXT)),
        ("", [], False, OutputOptions(CaptureForm.TEXT)),
        ("-", [], False, OutputOptions(CaptureForm.STDOUT)),
        ("a.pcap", [], True, OutputOptions(CaptureForm.FILE, "a.pcap")),
        ("", [CaptureForm.WIRESHARK], True, OutputOptions(CaptureForm.WIRESHARK)),
        ("", [CaptureForm.TEXT], False, OutputOptions(CaptureForm.TEXT)),
        ("", [CaptureForm.EXPLANATION], False, OutputOptions(CaptureForm.EXPLANATION)),
    ],
)
def test_where_packets_go(
    write: str, chosen: list[CaptureForm], terminal: bool, output: OutputOptions
) -> None:
    assert choose_output(write, chosen, terminal) == output


@pytest.mark.parametrize(
    ("write", "chosen", "terminal"),
    [
        ("-", [], True),
        ("a", [CaptureForm.WIRESHARK], False),
        ("", [CaptureForm.TEXT, CaptureForm.EXPLANATION], False),
    ],
)
def test_where_they_cannot_go(write: str, chosen: list[CaptureForm], terminal: bool) -> None:
    with pytest.raises(UsageError):
        choose_output(write, chosen, terminal)


def test_what_is_printed_is_not_merged() -> None:
    for form in (CaptureForm.FILE, CaptureForm.STDOUT, CaptureForm.WIRESHARK, CaptureForm.EXPLANATION):
        check_merge(OutputOptions(form))
    with pytest.raises(UsageError, match="--merge"):
        check_merge(OutputOptions(CaptureForm.TEXT))


def test_a_ring_is_of_files() -> None:
    file = OutputOptions(CaptureForm.FILE, "a.pcap")
    assert rotated(file, 1000, 3) == OutputOptions(CaptureForm.FILE, "a.pcap", 1000, 3)
    assert rotated(OutputOptions(CaptureForm.TEXT), 0, 0) == OutputOptions(CaptureForm.TEXT)
    for output, rotate, files in ((OutputOptions(CaptureForm.STDOUT), 1000, 0), (file, 0, 3)):
        with pytest.raises(UsageError, match="--rotate"):
            rotated(output, rotate, files)
