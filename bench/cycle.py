"""One full cycle, copy to deleted, and in it the way to the first byte of the shell: ours against the same steps by
kubectl in a script, alternating, on one cluster.

The script does what the runbook says and no more: it has no hazards to judge, no deadline, no guard before its delete.
Neither settles (--settle 0s), since waiting on purpose is not speed. The command lasts a second in both: a copy that
leaves sooner than that after it joined meets the EndpointSlice controller's back-off of one second, and only the
faster of the two would pay for it. A real kubelet works in ticks of a second, so each run begins at a random phase.
"""

import random
import statistics
import subprocess
import time
from collections.abc import Sequence
from typing import NamedTuple

from bench.scene import Scene, scene

RUNS = 10
SCRIPT = r"""
set -eu
source=$1; copy=$source-by-hand
in_slice() {
  kubectl get endpointslices -l kubernetes.io/service-name=nginx \
    -o jsonpath='{range .items[*].endpoints[*]}{.targetRef.name} {.conditions.ready}{"\n"}{end}' | grep -q "^$copy true"
}
kubectl debug "$source" --copy-to="$copy" --image=nicolaka/netshoot:v0.16 --container=netshoot --profile=netadmin \
  --share-processes=false --attach=false --quiet -- sh -c "trap 'exit 0' TERM; while :; do sleep 3600 & wait \$!; done"
kubectl wait --for=condition=Ready "pod/$copy" --timeout=60s >/dev/null
kubectl label pod "$copy" app=nginx >/dev/null
until in_slice; do sleep 0.05; done
kubectl exec "$copy" -c netshoot -- sh -c "echo in; sleep 1"
kubectl label pod "$copy" app- >/dev/null
while in_slice; do sleep 0.05; done
kubectl exec "$copy" -c netshoot -- ss -Htn state established >/dev/null
kubectl delete pod "$copy" >/dev/null
"""


class Took(NamedTuple):
    """Seconds since the start: until the command in the copy was heard of, and until the end."""

    first_byte: float
    whole: float


def main() -> None:
    """Print the medians and the ratios; lower than 1.0 means that we are faster."""
    with scene() as place:
        measured = compare(place)
    for what, index in (("to the first byte of the shell", 0), ("one full cycle", 1)):
        ours, script = (statistics.median(took[index] for took in runs) for runs in measured)
        print(f"{what}, {RUNS} alternating runs each: ours {ours:.2f} s, kubectl by hand {script:.2f} s")
        print(f"ratio {ours / script:.2f} (aim: at most 1.0)")


def compare(place: Scene) -> tuple[list[Took], list[Took]]:
    """Ours and the script's runs, after one of each that does not count."""
    flags = ("--join-service", "--settle", "0s", "--quiet", "--yes", "--", "sh", "-c", "echo in; sleep 1")
    ways: tuple[tuple[str, ...], ...] = (
        ("kubectl", "netshoot", place.source, *flags),
        ("sh", "-c", SCRIPT, "sh", place.source),
    )
    for argv in ways:
        once(place, argv)
    measured: tuple[list[Took], list[Took]] = ([], [])
    for _ in range(RUNS):
        for argv, runs in zip(ways, measured, strict=True):
            time.sleep(random.random())
            runs.append(once(place, argv))
    return measured


def once(place: Scene, argv: Sequence[str]) -> Took:
    """One run. Ends the bench with its stderr where it fails."""
    began = time.perf_counter()
    with subprocess.Popen(argv, env=place.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stderr
        heard = child.stdout.read(1)
        first_byte = time.perf_counter() - began
        said = child.stderr.read().decode()
        child.wait()
        whole = time.perf_counter() - began
    if child.returncode or not heard:
        raise SystemExit(f"{' '.join(argv[:3])}: {said}")
    return Took(first_byte, whole)


if __name__ == "__main__":
    main()
