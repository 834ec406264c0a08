"""Records the session of the demo: a real kubectl and the built zipapp on a pty, in front of the fake cluster.

Names and times are another run's each time.
"""

import sys
import tempfile
from pathlib import Path

from fakecluster.handle import ClusterProcess
from tools.demo import MANIFEST, ROOT, Demo, clean_environment
from tools.picture.drawing import svg
from tools.picture.recording import Frame, Recording

PICTURE = ROOT / "docs" / "session.svg"
PROMPT, REMOTE_PROMPT = "\x1b[32m$ \x1b[0m", "# "
TITLE = "A session: kubectl netshoot POD --join-service"


def session(demo: Demo, recording: Recording) -> None:
    """Type it."""
    pod = demo.kubectl("get", "pods", "-o=name").split()[0].removeprefix("pod/")
    recording.type("kubectl get pods")
    recording.type(f"kubectl netshoot {pod} --join-service --shell sh", REMOTE_PROMPT)
    recording.type("hostname", REMOTE_PROMPT)
    recording.type("curl -s http://$(hostname -i):8080", REMOTE_PROMPT)
    recording.type("exit")
    recording.type("kubectl netshoot list")
    recording.type("kubectl get pods")


def record() -> list[Frame]:
    """The frames of one session on a cluster of its own."""
    with tempfile.TemporaryDirectory(prefix="netshoot-picture-") as name:
        folder = Path(name)
        home = folder / "home"
        home.mkdir()
        with ClusterProcess(folder / "cluster") as cluster:
            env = clean_environment(home, cluster.kubeconfig) | {"TERM": "xterm-256color", "PS1": PROMPT}
            demo = Demo(env)
            demo.kubectl("apply", "-f", "-", stdin=MANIFEST)
            demo.kubectl("rollout", "status", "deployment/nginx", "--timeout=60s")
            demo.kubectl("netshoot", "version")
            recording = Recording(env, home, PROMPT)
            session(demo, recording)
            return recording.frames


def main() -> int:
    """Write the picture; the exit status."""
    PICTURE.write_text(svg(record(), TITLE), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)} was written: look at it before you commit it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
