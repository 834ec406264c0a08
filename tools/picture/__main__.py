"""Types the session of the demo into `termtosvg record`, and has the picture drawn by `termtosvg render`.

A real kubectl and the built zipapp, in front of the fake cluster. Names and times are another run's each time.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pexpect

from fakecluster.handle import ClusterProcess
from tools.demo import MANIFEST, ROOT, Demo, clean_environment

CAST, PICTURE = ROOT / "docs" / "session.cast", ROOT / "docs" / "session.svg"
TEMPLATE = Path(__file__).with_name("template.svg")
COLUMNS, ROWS = 104, 26
PROMPT, REMOTE_PROMPT = "\x1b[32m$ \x1b[0m", "# "
BETWEEN_WORDS, BEFORE_ENTER = 0.25, 0.6
# Milliseconds. Nobody wants to watch a cluster think, nor a screen that is still being drawn; the last one rests.
LONGEST_FRAME, SHORTEST_FRAME, REST = "1200", "30", "8000"


def main() -> int:
    """Write both files; the exit status."""
    tool = shutil.which("termtosvg")
    if not tool:
        print("termtosvg is not on PATH: try: pipx install termtosvg-ng", file=sys.stderr)
        return 1
    record(tool)
    bounds = ["-M", LONGEST_FRAME, "-m", SHORTEST_FRAME, "-D", REST]
    subprocess.run([tool, "render", CAST, PICTURE, "-t", TEMPLATE, *bounds], check=True)
    print(f"{CAST.name} and {PICTURE.name} were written: look at them before you commit them")
    return 0


def record(tool: str) -> None:
    """One session on a cluster of its own."""
    with tempfile.TemporaryDirectory(prefix="netshoot-picture-") as name:
        folder = Path(name)
        home = folder / "home"
        home.mkdir()
        with ClusterProcess(folder / "cluster") as cluster:
            env = clean_environment(home, cluster.kubeconfig) | {"TERM": "xterm-256color", "PS1": PROMPT}
            demo = Demo(env)
            demo.kubectl("apply", "-f", "-", stdin=MANIFEST)
            demo.kubectl("rollout", "status", "deployment/nginx", "--timeout=60s")
            # What a first run alone says is no part of a session.
            demo.kubectl("netshoot", "list")
            pod = demo.kubectl("get", "pods", "-o=name").split()[0].removeprefix("pod/")
            shell = pexpect.spawn(
                tool,
                ["record", str(CAST), "-c", "sh", "-g", f"{COLUMNS}x{ROWS}"],
                env=env,
                cwd=str(home),
                dimensions=(ROWS, COLUMNS),
                encoding="utf-8",
                timeout=60,
            )
            shell.expect_exact(PROMPT)
            session(shell, pod)
            shell.sendeof()
            shell.expect(pexpect.EOF)


def session(shell: Any, pod: str) -> None:
    """Type it."""
    enter(shell, "kubectl get pods")
    enter(shell, f"kubectl netshoot {pod} --join-service --shell sh", REMOTE_PROMPT)
    enter(shell, "hostname", REMOTE_PROMPT)
    enter(shell, "curl -s http://$(hostname -i):8080", REMOTE_PROMPT)
    enter(shell, "exit")
    enter(shell, "kubectl netshoot list")
    enter(shell, "kubectl get pods")


def enter(shell: Any, line: str, prompt: str = PROMPT) -> None:
    """Type a line word by word; returns when the next prompt is there."""
    for word in line.split():
        shell.send(word if line.startswith(word) else f" {word}")
        shell.expect_exact(word)
        time.sleep(BETWEEN_WORDS)
    time.sleep(BEFORE_ENTER)
    shell.send("\r")
    # The terminal repeats the end of the line; only what follows it can be a prompt.
    shell.expect_exact("\r\n")
    shell.expect_exact(prompt)


if __name__ == "__main__":
    sys.exit(main())
