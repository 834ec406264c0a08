"""Three pods behind a Service in a namespace of their own, on the fake cluster or the one of E2E_KUBECONFIG."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fakecluster.handle import ClusterProcess
from tools.demo import MANIFEST, clean_environment


@dataclass(frozen=True)
class Scene:
    """The environment to type in, and the pod to copy; its Service is nginx."""

    env: Mapping[str, str]
    source: str


@contextmanager
def scene() -> Iterator[Scene]:
    """The scene, ready; it is gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="netshoot-bench-")))
        real = os.environ.get("E2E_KUBECONFIG", "")
        if not real:
            real = str(stack.enter_context(ClusterProcess(folder / "cluster")).kubeconfig)
        private = folder / "kubeconfig"
        shutil.copy(real, private)
        env = clean_environment(folder, private)
        namespace = f"netshoot-bench-{os.getpid()}"
        run(env, "kubectl", "create", "namespace", namespace)
        stack.callback(run, env, "kubectl", "delete", "namespace", namespace, "--wait=false")
        run(env, "kubectl", "config", "set-context", "--current", f"--namespace={namespace}")
        run(env, "kubectl", "apply", "-f", "-", stdin=MANIFEST)
        run(env, "kubectl", "rollout", "status", "deployment/nginx", "--timeout=120s")
        pods = run(env, "kubectl", "get", "pods", "-l", "app=nginx", "-o=jsonpath={.items[0].metadata.name}")
        yield Scene(env, pods)


def run(env: Mapping[str, str], *argv: str, stdin: str | None = None) -> str:
    """Run to the end; what it printed. Raises SystemExit with its complaint where it fails."""
    done = subprocess.run(argv, env=env, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(argv[:3])}: {done.stderr}")
    return done.stdout
