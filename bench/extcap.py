"""What Wireshark waits for at its start: the entry of `wireshark install`, whole processes, against `sh -c :`.

The list is as long as it gets. Wireshark asks once for the interfaces, then for each one's dialog and link type.
"""

import statistics
import tempfile
import time
from pathlib import Path

from bench.cost import cost
from kubectl_netshoot.completion import extcap, installation

RUNS = 40
NOTHING = ("sh", "-c", ":")
TARGETS = [f"pod/web-7c9d-{number:05}" for number in range(extcap.MOST)]


def main() -> None:
    """Print the medians, each with its ratio."""
    with tempfile.TemporaryDirectory(prefix="netshoot-bench-") as folder:
        home, program = Path(folder), Path(folder, "kubectl-netshoot")
        program.touch(0o755)
        # No kubectl here: what is asked behind Wireshark's back is not measured.
        env = {"HOME": folder, "PATH": "/usr/bin:/bin"}
        entry = str(installation.install(extcap.script(program, {"HOME": folder}), home, extcap.NAME))
        listed = extcap.list_file(env)
        listed.parent.mkdir(parents=True)
        listed.write_text("\n".join(["1", "", "prod", "shop", "namespace shop, context prod", *TARGETS, ""]))
        listed.with_suffix(".asked").write_text(f"{time.time():.0f}\n")
        interface = ("--extcap-interface", "netshoot.1.pod.web-7c9d-00000")
        questions = {
            "interfaces": (entry, "--extcap-interfaces", "--extcap-version=4.0"),
            "a dialog": (entry, "--extcap-config", *interface),
            "a link type": (entry, "--extcap-dlts", *interface),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ("sh -c :", *questions)}
        for _ in range(RUNS):
            for name, command in {"sh -c :": NOTHING, **questions}.items():
                seconds[name].append(cost(command, env).seconds)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"Wireshark's questions, {extcap.MOST} interfaces, {RUNS} alternating runs each")
    medians["interfaces, and every dialog, as tshark asks"] = (
        medians["interfaces"] + extcap.MOST * medians["a dialog"]
    )
    for name, median in medians.items():
        print(f"  {name}: {1000 * median:.1f} ms, ratio {median / medians['sh -c :']:.2f}")
    print("  (aim: each answer within 100 ms)")


if __name__ == "__main__":
    main()
