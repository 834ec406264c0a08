"""How a capture ends: by a bound, a signal, its reader, a lost connection or pod, a kill -9; what is left then."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from fakecluster.manifests import pod as pod_manifest
from tests.system.e2e.anycluster import AnyCluster
from tests.system.e2e.api import Api
from tests.system.e2e.conftest import QUICK
from tests.system.e2e.dumps import Json, all_ended, dumps_in
from tests.system.e2e.pcap import opens, packets
from tests.system.e2e.plugin import Plugin, Running
from tests.system.e2e.scenery import Scenery
from tests.system.e2e.screen import Screen
from tests.system.e2e.witness import Witness
from tests.waiting import until

Traffic = Callable[..., None]
Dumping = Callable[[Json], bool]
JOINED = ("--join-service", *QUICK, "--name=captured", "--yes")
pytestmark = pytest.mark.usefixtures("traffic")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "look.pcap"


@pytest.fixture
def start(plugin: Plugin, source: str, file: Path) -> Callable[..., Running]:
    """Start a capture into the file; returns when packets are there."""

    def start(*words: str) -> Running:
        running = plugin.start("capture", source, "-w", str(file), *words)
        until(lambda: size(file) > 1000 or running.ended, "packets", lambda: running.stderr)
        assert not running.ended, running.stderr
        return running

    return start


def size(file: Path) -> int:
    part = Path(f"{file}.part")
    return part.stat().st_size if part.exists() else 0


@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGINT, ()), (signal.SIGTERM, ()), (signal.SIGINT, JOINED), (signal.SIGHUP, JOINED)],
    ids=["SIGINT-live", "SIGTERM-live", "SIGINT-joined", "SIGHUP-joined"],
)
def test_a_signal_ends_it_in_good_order(
    start: Callable[..., Running],
    api: Api,
    source: str,
    file: Path,
    number: signal.Signals,
    words: tuple[str, ...],
) -> None:
    running = start(*words)
    running.send(number)
    done = running.wait()
    assert done.status == 128 + number, done.stderr
    found = opens(file)
    assert f"tcpdump says {len(found):,} packets captured" in done.stderr
    assert "was cut" not in done.stderr
    assert not Path(f"{file}.part").exists()
    assert api.gone("captured")
    until(lambda: all_ended(api, source), "the end of the added container")


@pytest.mark.parametrize("words", [(), JOINED], ids=["live", "joined"])
def test_a_tcpdump_that_starts_slowly_is_not_killed_by_being_asked(
    screen: Callable[..., Screen], source: str, traffic: Traffic, words: tuple[str, ...]
) -> None:
    traffic(TCPDUMP_STARTUP=2, TCPDUMP_DROPPED=12)
    shown = screen("capture", source, "-w", "look.pcap", *words)
    shown.shows("12 dropped")
    shown.type("\x03")
    assert shown.wait() == 130
    assert "killed" not in shown.text


def test_of_several_pods_one_that_is_lost_is_told_at_once(
    plugin: Plugin, api: Api, cluster: AnyCluster, tmp_path: Path
) -> None:
    if not cluster.fake:
        pytest.skip("kills a tcpdump from outside the pod")
    running = plugin.start("capture", "deploy/web", "--all-pods", "-w", str(tmp_path / "web.pcap"))
    first, *others = (pod["metadata"]["name"] for pod in api.ready_pods(app="web"))
    files = {name: tmp_path / f"web-{name}.pcap" for name in (first, *others)}
    until(lambda: all(size(file) > 1000 for file in files.values()), "packets", lambda: running.stderr)
    pod = api.pod(first)
    assert pod
    (number,) = dumps_in(pod)
    os.kill(number, signal.SIGUSR2)
    running.says(f"{first}: tcpdump was killed by SIGUSR2; the other pods' captures go on")
    before = size(files[others[0]])
    until(lambda: size(files[others[0]]) > before, "more packets of another pod")
    running.send(signal.SIGINT)
    done = running.wait()
    assert done.status == 1, done.stderr
    assert f"error: {first}: tcpdump was killed by SIGUSR2" in done.stderr
    assert all(opens(file) for file in files.values())


def test_a_tcpdump_that_is_killed_is_told_with_its_pod(
    start: Callable[..., Running], api: Api, cluster: AnyCluster, source: str, file: Path
) -> None:
    if not cluster.fake:
        pytest.skip("kills a tcpdump from outside the pod")
    running, pod = start(), api.pod(source)
    assert pod
    (number,) = dumps_in(pod)
    os.kill(number, signal.SIGKILL)
    done = running.wait()
    assert done.status == 1
    assert f"error: {source}: tcpdump was killed by SIGKILL" in done.stderr
    assert opens(file)


def test_a_kill_leaves_nothing_that_runs_in_the_pod(
    start: Callable[..., Running], plugin: Plugin, api: Api, source: str, file: Path, dumping: Dumping
) -> None:
    running, pod = start(), api.pod(source)
    assert pod
    assert dumping(pod)
    running.send(signal.SIGKILL)
    running.wait()
    until(lambda: not dumping(pod), "the end of tcpdump")
    until(lambda: all_ended(api, source), "the end of the added container")
    assert opens(Path(f"{file}.part"))
    # Its private kubeconfig is swept by whoever comes next.
    assert plugin.run("list").status == 0


def test_a_kill_leaves_nothing_that_captures_in_a_copy(
    start: Callable[..., Running], api: Api, plugin: Plugin, dumping: Dumping
) -> None:
    running, copy = start(*JOINED), api.pod("captured")
    assert copy
    assert dumping(copy)
    running.send(signal.SIGKILL)
    running.wait()
    until(lambda: not dumping(copy), "the end of tcpdump")
    assert plugin.run("cleanup", "captured").status == 0


def test_the_pod_keeps_the_time_of_one_that_hears_nothing(
    start: Callable[..., Running], api: Api, source: str, file: Path, dumping: Dumping
) -> None:
    """As with a closed laptop: nobody is there to end it, and the connection stands."""
    running, pod = start("--duration=5s"), api.pod(source)
    assert pod
    running.child.send_signal(signal.SIGSTOP)
    until(lambda: not dumping(pod), "the end of tcpdump")
    running.child.send_signal(signal.SIGCONT)
    assert running.wait().status == 0, running.stderr
    assert opens(file)


@pytest.mark.parametrize("words", [(), JOINED], ids=["live", "joined"])
def test_a_lost_connection_keeps_every_whole_packet(
    cluster: AnyCluster,
    plugin: Plugin,
    api: Api,
    source: str,
    file: Path,
    words: tuple[str, ...],
    dumping: Dumping,
) -> None:
    faulty = cluster.faulty()
    faulty.fault("cut-stream", path="/exec.*tcpdump.*-U", bytes=5000)
    try:
        done = plugin.run("capture", source, "-w", str(file), *words)
    finally:
        faulty.no_faults()
    assert done.status == 1
    assert "was lost" in done.stderr
    assert "the stream was cut" in done.stderr
    assert len(opens(file)) > 20
    pod = api.pod(source)
    assert pod
    until(lambda: not dumping(pod), "the end of tcpdump")
    until(lambda: all_ended(api, source), "the end of the added container")
    assert api.gone("captured")


def test_a_reader_that_leaves_ends_it(plugin: Plugin, api: Api, source: str) -> None:
    capture = " ".join(plugin.argv("capture", source, "-w", "-"))
    running = plugin.start_argv("bash", "-o", "pipefail", "-c", f"{capture} | head -c 500 | wc -c")
    done = running.wait()
    assert (done.status, done.text.strip()) == (0, "500"), done.stderr
    assert "the reader has closed" in done.stderr
    until(lambda: all_ended(api, source), "the end of the added container")


def test_a_reader_that_leaves_while_nothing_comes(plugin: Plugin, source: str, traffic: Traffic) -> None:
    traffic(TCPDUMP_PACKETS=0)
    capture = " ".join(plugin.argv("capture", source, "-w", "-"))
    done = plugin.start_argv("bash", "-o", "pipefail", "-c", f"{capture} | head -c 24 | wc -c").wait()
    assert (done.status, done.text.strip()) == (0, "24"), done.stderr


def test_a_pod_that_is_deleted(
    plugin: Plugin, api: Api, scenery: Scenery, witness: Witness, file: Path
) -> None:
    scenery.add_ready(1, pod_manifest("doomed", {"app": "doomed"}), app="doomed")
    running = plugin.start("capture", "doomed", "-w", str(file))
    until(lambda: size(file) > 1000 or running.ended, "packets", lambda: running.stderr)
    witness.forgive("doomed")
    api.delete("Pod", "doomed")
    done = running.wait()
    assert done.status == 1, done.stderr
    assert opens(file)


def test_a_duration(plugin: Plugin, source: str, file: Path) -> None:
    done = plugin.run("capture", source, "-w", str(file), "--duration=2s")
    assert done.status == 0, done.stderr
    assert "ends after 2s or 1.0 GB" in done.stderr
    found = opens(file)
    # By the packets' own times: nothing was captured after two seconds, and tcpdump's end takes a moment.
    assert 0.5 < found[-1].at - found[0].at < 4


def test_a_size(plugin: Plugin, source: str, file: Path) -> None:
    done = plugin.run("capture", source, "-w", str(file), "--max-size=5kB")
    assert done.status == 0, done.stderr
    assert opens(file)
    # The next record would not have fitted: 1500 bytes at most, and what libpcap puts before them.
    assert 5000 - 1536 < file.stat().st_size <= 5000
    assert "(--max-size)" in done.stderr


def test_a_snapshot_length(plugin: Plugin, source: str) -> None:
    done = plugin.run("capture", source, "-w", "-", "--snaplen=40", "--count=10")
    assert done.status == 0, done.stderr
    found = packets(done.stdout)
    assert {len(packet.data) for packet in found} == {40}
    assert all(packet.length > 40 for packet in found)


def test_a_count_of_printed_packets(plugin: Plugin, source: str) -> None:
    done = plugin.run("capture", source, "--print", "--count=4", "-i", "eth0")
    assert done.status == 0, done.stderr
    assert len([line for line in done.text.splitlines() if not line[0].isspace()]) == 4
    assert "\tGET / HTTP/1.1\n" in done.text
    assert "4 packets, " in done.stderr


def test_silence_is_explained(plugin: Plugin, source: str, traffic: Traffic) -> None:
    traffic(TCPDUMP_PACKETS=0)
    running = plugin.start("capture", source, "-w", "-", "--", "port", "81")
    running.says("the filter, 'port 81', matches nothing")
    running.send(signal.SIGINT)
    assert running.wait().status == 130
