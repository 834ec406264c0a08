"""Settings in a session: the copy is made as the file of its user says, for the context in use."""

import json
from pathlib import Path

from tests.system.e2e.api import Api
from tests.system.e2e.plugin import Plugin

COPY = "web-settled"


def current_context(kubeconfig: str) -> str:
    text = Path(kubeconfig).read_text()
    return next(line.split(": ", 1)[1] for line in text.splitlines() if line.startswith("current-context: "))


def test_a_copy_as_it_was_settled(plugin: Plugin, api: Api, source: str, tmp_path: Path) -> None:
    context = current_context(plugin.env["KUBECONFIG"])
    settings = tmp_path / "settings.yaml"
    section = {"ttl": "20m", "requests": {"cpu": "20m"}}
    # JSON is YAML.
    settings.write_text(f"ttl: 30m\nshell: /no/such/shell\ncontexts: {json.dumps({context: section})}\n")
    settings.chmod(0o600)
    plugin.env = {**plugin.env, "KUBECTL_NETSHOOT_CONFIG": str(settings), "KUBECTL_NETSHOOT_SHELL": "sh"}
    running = plugin.start(source, "--name", COPY)
    running.says(" ready (")
    copy = api.pod(COPY)
    assert copy is not None
    assert 1100 < copy["spec"]["activeDeadlineSeconds"] <= 1200
    debug = next(c for c in copy["spec"]["containers"] if c["name"] == "netshoot")
    assert debug["resources"]["requests"] == {"cpu": "20m", "memory": "32Mi"}
    running.close_stdin()
    assert running.wait().status == 0, running.stderr
    assert api.gone(COPY)
