"""Where the packets of a capture go: a file, a ring of files, a pipe, Wireshark, the eye; from one pod or several."""

import hashlib
import os
import re
import stat
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from fakecluster.traffic import write_pcap
from tests.system.e2e.api import Api, annotations_of
from tests.system.e2e.conftest import QUICK, REPLICAS
from tests.system.e2e.dumps import added, all_ended
from tests.system.e2e.pcap import link_type, opens, packets
from tests.system.e2e.plugin import Plugin
from tests.system.e2e.screen import Screen
from tests.waiting import until
from tools.prerequisites.pytest_plugin import program

Traffic = Callable[..., None]
SLL2 = 276
pytestmark = pytest.mark.usefixtures("traffic")


def test_a_file(plugin: Plugin, source: str, tmp_path: Path) -> None:
    path = tmp_path / "look.pcap"
    done = plugin.run("capture", source, "-w", str(path), "--count=25", "--", "tcp", "port", "8080")
    assert done.status == 0, done.stderr
    assert done.stdout == b""
    assert len(opens(path)) == 25
    assert link_type(path.read_bytes()) == SLL2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.glob("look*")] == ["look.pcap"]
    assert re.search("25 packets captured, [0-9]+ received by filter, 0 dropped by kernel", done.stderr)
    assert f"into {path}" in done.stderr


def test_a_passive_capture_leaves_a_record_and_nothing_that_runs(
    plugin: Plugin, api: Api, source: str
) -> None:
    before = len(added(api, source))
    done = plugin.run("capture", f"pod/{source}", "-w", "-", "--count=3")
    assert done.status == 0, done.stderr
    assert "its record stays in the pod's spec" in done.stderr
    until(lambda: all_ended(api, source), "the end of the added container")
    assert len(added(api, source)) == before + 1


def test_stdout(plugin: Plugin, source: str) -> None:
    done = plugin.run("capture", source, "-q", "-w", "-", "--count=7")
    assert done.status == 0, done.stderr
    assert len(packets(done.stdout)) == 7
    assert done.stderr == ""


def test_a_pipe_gets_what_tcpdump_prints(plugin: Plugin, source: str) -> None:
    done = plugin.run("capture", source, "--count=2")
    assert done.text.count(" IP ") == 2
    assert plugin.run("capture", "deploy/web", "--all-pods", "--merge").status == 2


def test_a_terminal_gets_lines(screen: Callable[..., Screen], source: str) -> None:
    shown = screen("capture", source, "--", "port", "8080")
    shown.shows("Flags [S]")
    shown.type("\x03")
    assert shown.wait() == 130


def test_a_live_line_tells_of_drops(screen: Callable[..., Screen], source: str, traffic: Traffic) -> None:
    traffic(TCPDUMP_DROPPED=12)
    shown = screen("capture", source, "-w", "look.pcap")
    shown.shows("12 dropped")
    shown.type("\x03")
    assert shown.wait() == 130
    assert "12 packets were dropped before tcpdump saw them" in " ".join(shown.text.split())


def test_printed_lines_are_harmless(plugin: Plugin, source: str, traffic: Traffic, tmp_path: Path) -> None:
    fake = tmp_path / "fake"
    fake.write_text(
        "#!/bin/sh\nprintf '10:00:00.0 IP a > b: \\033]52;c;aGk=\\007 \\302\\233x\\r\\n    more\\n'\n"
        "echo '1 packet captured' >&2; echo '1 packet received by filter' >&2\n"
    )
    fake.chmod(0o755)
    traffic(str(fake))
    done = plugin.run("capture", source, "--print")
    assert done.status == 0, done.stderr
    assert done.text == "10:00:00.0 IP a > b: ]52;c;aGk= x\n    more\n"
    assert "1 packet, " in done.stderr


def test_every_byte_is_as_tcpdump_sent_it(
    plugin: Plugin, source: str, traffic: Traffic, tmp_path: Path
) -> None:
    sent, path = tmp_path / "sent.pcap", tmp_path / "got.pcap"
    write_pcap(sent, 30_000, 700)
    traffic(TCPDUMP_REPLAY=sent)
    done = plugin.run("capture", source, "-w", str(path))
    assert done.status == 0, done.stderr
    digests = [hashlib.sha256(one.read_bytes()).hexdigest() for one in (sent, path)]
    assert digests[0] == digests[1]
    piped = plugin.run("capture", source, "-w", "-").stdout
    assert hashlib.sha256(piped).hexdigest() == digests[0]


def test_a_ring_of_files(plugin: Plugin, source: str, traffic: Traffic, tmp_path: Path) -> None:
    sent = tmp_path / "sent.pcap"
    write_pcap(sent, 1000, 84)
    traffic(TCPDUMP_REPLAY=sent)
    words = ("capture", source, "-w", str(tmp_path / "ring.pcap"), "--rotate=30kB", "--files=2")
    done = plugin.run(*words)
    assert done.status == 0, done.stderr
    # 299 packets of 100 bytes in a file: the last of four has the rest.
    assert sorted(p.name for p in tmp_path.glob("ring*")) == ["ring-0003.pcap", "ring-0004.pcap"]
    assert len(opens(tmp_path / "ring-0003.pcap")) == 299
    assert len(opens(tmp_path / "ring-0004.pcap")) == 1000 - 3 * 299


@pytest.mark.parametrize(
    "place", [(), ("--join-service", *QUICK, "--name=captured", "--yes")], ids=["live", "joined"]
)
def test_an_explanation_with_the_names_of_the_namespace(
    plugin: Plugin, source: str, place: tuple[str, ...]
) -> None:
    done = plugin.run("capture", source, "--explain", "--count=40", *place)
    assert done.status == 0, done.stderr
    pod = "captured" if place else source
    assert f"pod/{pod}" in done.text
    assert "[captured here]" in done.text
    assert re.search("requests, answered with 200 x[0-9]|GET / was answered with 200 OK", done.text)
    assert "40 packets" in done.text


@pytest.fixture
def wireshark(env: dict[str, str], tmp_path: Path) -> Path:
    """A Wireshark that is closed after two thousand bytes; what it read is in the file."""
    folder = tmp_path / "wireshark-bin"
    folder.mkdir()
    read = tmp_path / "read.pcap"
    program = folder / "wireshark"
    program.write_text(f'#!/bin/sh\necho "$@" >{read}.words\nexec head -c 2000 >{read}\n')
    program.chmod(0o755)
    env["PATH"] = f"{folder}:{env['PATH']}"
    return read


def test_wireshark_ends_the_capture_when_it_is_closed(
    plugin: Plugin, api: Api, source: str, wireshark: Path
) -> None:
    done = plugin.run("capture", source, "--wireshark", "--", "port", "8080")
    assert done.status == 0, done.stderr
    assert "the reader has closed" in done.stderr
    assert wireshark.read_bytes()[:4] == b"\xd4\xc3\xb2\xa1"
    assert Path(f"{wireshark}.words").read_text() == "-k -i -\n"
    until(lambda: all_ended(api, source), "the end of the added container")


def test_no_wireshark_is_said_before_anything_is_changed(
    plugin: Plugin, api: Api, source: str, programs: Path, env: dict[str, str]
) -> None:
    # Whoever runs this may have one in /usr/bin.
    env["PATH"] = str(programs)
    before = len(added(api, source))
    done = plugin.run("capture", source, "--wireshark")
    assert done.status == 1
    assert "Wireshark was not found" in done.stderr
    assert len(added(api, source)) == before


def test_a_copy_behind_its_service(plugin: Plugin, api: Api, source: str, tmp_path: Path) -> None:
    path = tmp_path / "joined.pcap"
    words = ("--join-service", *QUICK, "--name=captured", "-w", str(path), "--duration=3s")
    running = plugin.start("capture", source, *words, "--", "port", "8080")
    until(lambda: "captured" in api.members("web") or running.ended, "the copy in service")
    running.says("capturing: ")
    done = running.wait()
    assert done.status == 0, done.stderr
    assert len(opens(path)) > 10
    assert api.gone("captured")
    assert len(api.members("web")) == REPLICAS


def test_a_plain_copy(plugin: Plugin, api: Api, source: str) -> None:
    running = plugin.start("capture", source, "--copy", "--name=plain", "-w", "-")
    running.says("capturing: ")
    copy = api.pod("plain")
    assert copy
    assert annotations_of(copy)["kubectl-netshoot/services"] == ""
    until(lambda: len(running.stdout) > 200, "packets")
    running.child.terminate()
    done = running.wait()
    assert done.status == 143, done.stderr
    packets(done.stdout)
    assert api.gone("plain")


def test_every_pod_of_a_workload_into_a_file_each(plugin: Plugin, api: Api, tmp_path: Path) -> None:
    words = ("--all-pods", "-w", str(tmp_path / "web.pcap"), "--count=10")
    done = plugin.run("capture", "deploy/web", *words)
    assert done.status == 0, done.stderr
    names = {pod["metadata"]["name"] for pod in api.ready_pods(app="web")}
    assert len(names) == REPLICAS
    assert {p.name for p in tmp_path.glob("web*")} == {f"web-{name}.pcap" for name in names}
    assert [len(opens(tmp_path / f"web-{name}.pcap")) for name in names] == [10] * REPLICAS


def test_every_pod_of_a_service_merged_by_time(plugin: Plugin, tmp_path: Path) -> None:
    path = tmp_path / "all.pcap"
    words = ("svc/web", "--all-pods", "--merge", "-w", str(path), "--count=40")
    done = plugin.run("capture", *words)
    assert done.status == 0, done.stderr
    found = opens(path)
    assert len(found) == 40 * REPLICAS
    assert all(one.at <= other.at for one, other in pairwise(found))
    # Each pod talks from an address of its own: here is what came from the first and what from the others.
    assert len({packet.data for packet in found}) > 40


def test_a_pcapng_file_has_interfaces_and_names(plugin: Plugin, api: Api, tmp_path: Path) -> None:
    path = tmp_path / "all.pcapng"
    done = plugin.run("capture", "svc/web", "--all-pods", "--merge", "-w", str(path), "--count=10")
    assert done.status == 0, done.stderr
    fields = ("-T", "fields", "-e", "frame.interface_name", "-e", "frame.cap_len")
    rows = subprocess.run(
        [program("tshark"), "-r", path, *fields], capture_output=True, text=True, check=True
    )
    names = {line.split("\t")[0] for line in rows.stdout.splitlines()}
    assert names == {pod["metadata"]["name"] for pod in api.ready_pods(app="web")}
    assert len(rows.stdout.splitlines()) == 10 * REPLICAS
    content = path.read_bytes()
    assert all(f"pod/{name}".encode() in content for name in names)


def test_several_targets_and_a_pod_that_two_of_them_mean(plugin: Plugin, api: Api, tmp_path: Path) -> None:
    first, second, *_ = sorted(pod["metadata"]["name"] for pod in api.ready_pods(app="web"))
    path = tmp_path / "both.pcap"
    words = (first, f"pod/{second}", f"pod/{first}", "--merge", "-w", str(path), "--count=20")
    done = plugin.run("capture", *words)
    assert done.status == 0, done.stderr
    assert len(opens(path)) == 40
    assert f"pod {first}, {second}" in done.stderr
    copied = plugin.run("capture", first, second, "--copy", "-w", str(path))
    assert (copied.status, "--copy, --join-service and --service do not apply" in copied.stderr) == (2, True)


def test_every_pod_of_two_targets_is_counted_once(plugin: Plugin) -> None:
    done = plugin.run("capture", "deploy/web", "svc/web", "--all-pods", "--max-pods=2", "-w", "web.pcap")
    assert done.status == 4
    assert "3 pods of deploy/web and of svc/web are more than --max-pods 2" in done.stderr


@pytest.mark.parametrize("target", [("deployment/web",), ("-l", "app=web")])
def test_the_newest_pod_of_a_workload(plugin: Plugin, target: tuple[str, ...]) -> None:
    done = plugin.run("capture", *target, "-w", "-", "--count=1")
    assert done.status == 0, done.stderr
    assert len(packets(done.stdout)) == 1
    assert f"(newest of {REPLICAS} ready " in done.stderr


def test_several_pods_do_not_fit_into_one_pipe(plugin: Plugin) -> None:
    done = plugin.run("capture", "deploy/web", "--all-pods", "-w", "-")
    assert done.status == 2
    assert "--merge" in done.stderr


def test_too_many_pods_are_refused(plugin: Plugin, api: Api, source: str) -> None:
    before = len(added(api, source))
    done = plugin.run("capture", "deploy/web", "--all-pods", "--max-pods=2", "-w", "web.pcap")
    assert done.status == 4
    assert "3 pods of deploy/web are more than --max-pods 2" in done.stderr
    assert len(added(api, source)) == before


def test_two_captures_of_two_pods_at_once(plugin: Plugin, api: Api, tmp_path: Path) -> None:
    names = sorted(pod["metadata"]["name"] for pod in api.ready_pods(app="web"))[:2]
    running = [
        plugin.start("capture", name, "-w", str(tmp_path / "{pod}.pcap"), "--count=200") for name in names
    ]
    assert [one.wait().status for one in running] == [0, 0], [one.stderr for one in running]
    assert [len(opens(tmp_path / f"{name}.pcap")) for name in names] == [200, 200]


@pytest.mark.parametrize("name", ["there.pcap", "there.pcap.part"])
def test_nothing_is_overwritten(plugin: Plugin, api: Api, source: str, tmp_path: Path, name: str) -> None:
    there = tmp_path / name
    there.write_bytes(b"mine")
    before = len(added(api, source))
    done = plugin.run("capture", source, "-w", str(tmp_path / "there.pcap"))
    assert done.status == 2
    assert f"{there} exists" in done.stderr
    assert there.read_bytes() == b"mine"
    assert len(added(api, source)) == before


def test_a_device_is_written_to_as_it_is(plugin: Plugin, source: str) -> None:
    done = plugin.run("capture", source, "-w", os.devnull, "--count=3")
    assert done.status == 0, done.stderr
    assert "3 packets" in done.stderr


def test_dry_run_changes_nothing(plugin: Plugin, api: Api, source: str) -> None:
    before = len(added(api, source))
    done = plugin.run("capture", source, "--dry-run", "--", "port", "8080")
    assert done.status == 0, done.stderr
    assert "profile    netadmin" in done.text
    assert "port 8080" in done.text
    assert len(added(api, source)) == before
    joined = plugin.run("capture", source, "--join-service", "--dry-run")
    assert joined.status == 0, joined.stderr
    assert "service/web" in joined.text
