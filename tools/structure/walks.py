"""The files in which a function runs on two walks: TARGET to the copy's POST, and a capture to its sentences.

What runs while a module is imported does not count.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from fakecluster.handle import ClusterProcess
from tools.demo import MANIFEST, Demo, clean_environment

ROOT = Path(__file__).resolve().parents[2]
CAPTURE = ROOT / "tests" / "unit" / "packets" / "read" / "text" / "texts" / "get-root.txt"
# Run in a process of its own: `sys.setprofile` sees each call, and the POST is the child that `kubectl debug` is.
RECORDER = """
import atexit, json, os, subprocess, sys, threading
files, over = set(), threading.Event()
def look(frame, event, _):
    name = frame.f_code.co_filename
    if event == "call" and "kubectl_netshoot" in name and name not in files and not over.is_set():
        if not importing(frame):
            files.add(name)
def importing(frame):
    while frame is not None:
        if frame.f_code.co_name == "<module>" and "kubectl_netshoot" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False
start = subprocess.Popen.__init__
def begin(self, args, *rest, **named):
    if not isinstance(args, str) and "debug" in args and any(str(word).startswith("--copy-to") for word in args):
        if not any(str(word).startswith("--dry-run") for word in args):
            over.set()
    start(self, args, *rest, **named)
subprocess.Popen.__init__ = begin
out = sys.argv.pop(1)
atexit.register(lambda: open(out, "w").write(json.dumps(sorted(files))))
threading.setprofile(look)
sys.setprofile(look)
from kubectl_netshoot.__main__ import main
main()
"""


def explained() -> list[str]:
    """The files that `explain` runs through for the runbook's capture."""
    with tempfile.TemporaryDirectory() as folder:
        return _recorded(Path(folder), ("explain", str(CAPTURE)), {"PATH": "/usr/bin:/bin", "HOME": folder})


def joined() -> list[str]:
    """The files that a joined session runs through until kubectl is asked for the copy."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "home").mkdir()
        with ClusterProcess(folder / "cluster") as cluster:
            env = clean_environment(folder / "home", cluster.kubeconfig)
            demo = Demo(env)
            demo.kubectl("apply", "-f", "-", stdin=MANIFEST)
            demo.kubectl("rollout", "status", "deployment/nginx", "--timeout=60s")
            pod = demo.kubectl("get", "pods", "-o=name").split()[0]
            words = (pod, "--join-service", "--settle=0s", "--yes", "--", "true")
            return _recorded(folder, words, env)


def _recorded(folder: Path, words: tuple[str, ...], env: dict[str, str]) -> list[str]:
    out = folder / "files.json"
    command = (sys.executable, "-c", RECORDER, str(out), *words)
    done = subprocess.run(
        command,
        env={**env, "PYTHONPATH": str(ROOT / "src")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{words[0]} ended with {done.returncode}: {done.stderr}")
    found: list[str] = json.loads(out.read_text())
    return [str(Path(path).relative_to(ROOT / "src" / "kubectl_netshoot")) for path in found]
