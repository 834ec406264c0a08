"""`why` against `check --live` from the same pod, alternating, on one cluster: both ask DNS, the Service and each
endpoint; and how long it takes where nothing answers and both ends are captured.

Each run adds a container to a pod of its own Deployment, so that none works in what the last one has left. A
NetworkPolicy swallows the packets: a cluster that enforces none has no second number.
"""

import json
import statistics
import subprocess
import time
from collections.abc import Mapping

from bench.scene import Scene, run, scene

RUNS = 8
AIM, UNDECIDED_AIM = 1.5, 8.0
# What packets that get no answer are waited for, in both looks: on a busy machine only the rest takes longer.
WAITS_SECONDS, REST_AIM = 5.0, 1.6
POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "bench"},
    "spec": {"podSelector": {"matchLabels": {"app": "nginx"}}, "ingress": []},
}


def main() -> None:
    """Print the medians and the ratio."""
    with scene() as place:
        ways = ("why", place.source, "nginx"), ("check", place.source, "--live", "--service", "nginx")
        measured: tuple[list[float], list[float]] = ([], [])
        for number in range(RUNS + 1):
            for words, found in zip(ways, measured, strict=True):
                took = seconds(place.env, words)
                if number:
                    found.append(took)
        ours, check = map(statistics.median, measured)
        print(
            f"why, where no problem is found, {RUNS} alternating runs each: {ours:.2f} s, check --live {check:.2f} s"
        )
        print(f"ratio {ours / check:.2f} (aim: at most {AIM})")
        undecided(place, check)


def undecided(place: Scene, check: float) -> None:
    """Print the median where a policy swallows all packets, and what it is without the waits against a `check`."""
    run(place.env, "kubectl", "create", "deployment", "client", "--image=nginx:1.27")
    run(place.env, "kubectl", "rollout", "status", "deployment/client", "--timeout=120s")
    run(place.env, "kubectl", "apply", "-f", "-", stdin=json.dumps(POLICY))
    words, says = ("why", "deploy/client", "nginx"), "unreachable: packets are lost "
    took = [seconds(place.env, words, 1, says) for _ in range(RUNS)]
    median = statistics.median(took)
    print(f"why, where nothing answers, {RUNS} runs: {median:.2f} s (aim: at most {UNDECIDED_AIM:g})")
    ratio = (median - WAITS_SECONDS) / check
    print(
        f"without {WAITS_SECONDS:g} s of waits: ratio {ratio:.2f} to check --live (aim: at most {REST_AIM:g})"
    )


def seconds(env: Mapping[str, str], words: tuple[str, ...], status: int = 0, says: str = "") -> float:
    """How long one run takes. Ends the bench where it ends or begins its report with something else."""
    began = time.perf_counter()
    done = subprocess.run(
        ("kubectl", "netshoot", *words), env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    took = time.perf_counter() - began
    if done.returncode != status or not done.stdout.startswith(says.encode()):
        raise SystemExit(
            f"{' '.join(words)} ended with {done.returncode}: {(done.stdout + done.stderr).decode()}"
        )
    return took


if __name__ == "__main__":
    main()
