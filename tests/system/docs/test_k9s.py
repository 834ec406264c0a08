"""docs/k9s/plugins.yaml: what k9s takes, and each of its commands run as k9s runs it (no shell of its own)."""

import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.system.docs.conftest import POD, Desk, objects, sitting
from tests.waiting import until
from tools.markdown import ROOT, Document, code

Plugin = dict[str, Any]
PLUGINS: dict[str, Plugin] = yaml.safe_load((ROOT / "docs/k9s/plugins.yaml").read_text())["plugins"]

# The fields of a plugin and of an input, as k9s' documentation and its JSON schema have them.
NEEDED = {"shortCut": str, "description": str, "scopes": list, "command": str}
FIELDS = {**NEEDED, "args": list, "inputs": list, "confirm": bool, "dangerous": bool, "background": bool}
INPUT_FIELDS = {"name": str, "label": str, "type": str, "required": bool, "default": object, "options": list}
# Keys that a list of pods, workloads, Services or nodes has, or had in some version; k9s then leaves the plugin out.
K9S_OWN = {f"Shift-{letter}" for letter in "ACFIJKLMNOPRSTUVXZ"}
VARIABLE = re.compile(r"\$!?([\w-]+)|\$\{!?([^}]+)\}")
EVERYWHERE = {"NAME", "NAMESPACE", "CONTEXT", "CLUSTER", "RESOURCE_NAME"}

# A thousand packets would take the fake tcpdump minutes.
TYPED = {"INPUT_PACKETS": "5"}
# What somebody reads who chose the entry; for those with an object that is no pod, which one.
OBJECTS = {"netshoot-check": ("services", "nginx"), "netshoot-node": ("nodes", "k8s-node-1")}
READ = {
    "netshoot-join": ("in Service nginx: takes about 1 of", "done: "),
    "netshoot-copy": (" ready (", "done: "),
    "netshoot-debug": ("its record stays in the pod",),
    "netshoot-debug-container": ("which shares the processes of nginx",),
    "netshoot-node": (" ready (", "done: "),
    "netshoot-check": ("Service nginx: no problem found",),
    "netshoot-wireshark": ("the reader has closed",),
    "netshoot-capture": ("5 packets, ",),
    "netshoot-list": ("no copies",),
    "netshoot-cleanup": ("no copies",),
}


def variables(plugin: Plugin) -> set[str]:
    return {a or b for word in plugin["args"] for a, b in VARIABLE.findall(word)}


def inputs(plugin: Plugin) -> dict[str, str]:
    """What the dialog hands on when nobody changes anything."""
    return {f"INPUT_{i['name'].upper()}": str(i["default"]) for i in plugin.get("inputs", [])}


def words(name: str) -> list[str]:
    """The command as k9s starts it: variables are replaced in each argument, and those that it does not know stay."""
    plugin = PLUGINS[name]
    kind, chosen = OBJECTS.get(name, ("pods", POD))
    values = {"RESOURCE_NAME": kind, "NAME": chosen, "NAMESPACE": "default", "CONTEXT": "fake"}
    if plugin["scopes"] == ["containers"]:
        values |= {"RESOURCE_NAME": "containers", "NAME": "nginx", "POD": chosen}
    values |= inputs(plugin) | TYPED
    filled = (VARIABLE.sub(lambda found: values[found[1] or found[2]], word) for word in plugin["args"])
    return [plugin["command"], *filled]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, zipapp: Path) -> Iterator[Desk]:
    """One for all, whose copies leave without settle time; Wireshark is closed there after two thousand bytes."""
    place = tmp_path_factory.mktemp("k9s")
    programs = place / "programs"
    programs.mkdir()
    (programs / "wireshark").write_text("#!/bin/sh\nexec head -c 2000\n")
    (programs / "wireshark").chmod(0o755)
    with sitting(place, zipapp) as desk:
        desk.env["PATH"] += f"{os.pathsep}{programs}"
        desk.env["KUBECTL_NETSHOOT_SETTLE"] = "0s"
        desk.set_up(objects())
        yield desk


def ours(desk: Desk) -> str:
    found = desk.type("kubectl get pods -o name -l app.kubernetes.io/managed-by=kubectl-netshoot")
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.mark.parametrize("name", PLUGINS)
def test_k9s_takes_it(name: str) -> None:
    plugin = PLUGINS[name]
    assert NEEDED.keys() <= plugin.keys() <= FIELDS.keys()
    assert all(isinstance(value, FIELDS[field]) for field, value in plugin.items())
    assert all(isinstance(word, str) for word in [*plugin["args"], *plugin["scopes"]])
    assert re.fullmatch("Shift-[A-Z]", plugin["shortCut"])
    assert plugin["shortCut"] not in K9S_OWN
    of_containers = {"POD"} if plugin["scopes"] == ["containers"] else set()
    assert variables(plugin) <= EVERYWHERE | of_containers | inputs(plugin).keys()


@pytest.mark.parametrize("name", [name for name in PLUGINS if "inputs" in PLUGINS[name]])
def test_k9s_can_ask_for_it(name: str) -> None:
    asked = PLUGINS[name]["inputs"]
    assert len(asked) <= 5
    for one in asked:
        assert {"name", "type"} <= one.keys() <= INPUT_FIELDS.keys()
        assert all(isinstance(value, INPUT_FIELDS[field]) for field, value in one.items())
        assert one["type"] in ("string", "number", "bool", "dropdown")
        # A default of anything but a bool wants `required`, and one of a list is in it.
        assert one["type"] == "bool" or one["required"] is True
        assert ("options" in one) == (one["type"] == "dropdown")
        assert one["default"] in one.get("options", [one["default"]])
    assert inputs(PLUGINS[name]).keys() <= variables(PLUGINS[name])


def test_a_key_does_one_thing_in_each_list() -> None:
    keys = Counter((scope, p["shortCut"]) for p in PLUGINS.values() for scope in p["scopes"])
    assert {key: count for key, count in keys.items() if count > 1} == {}


def test_the_keys_are_described() -> None:
    """Each with whether k9s asks first."""
    described = {code(row[0])[0]: row[3] == "yes" for row in Document("docs/recipes.md").table("In k9s")}
    assert {(p["shortCut"], p.get("confirm", False)) for p in PLUGINS.values()} == set(described.items())


def test_what_changes_a_cluster_is_not_there_in_a_k9s_that_only_reads() -> None:
    assert [name for name, plugin in PLUGINS.items() if not plugin.get("dangerous")] == ["netshoot-list"]


@pytest.mark.parametrize("name", PLUGINS)
def test_its_command_runs(desk: Desk, name: str) -> None:
    done = desk.run(words(name))
    assert done.returncode == 0, done.stderr
    told = done.stdout + done.stderr
    assert all(line in told for line in READ[name]), told
    assert PLUGINS[name].get("background") or "\nexit status 0, Enter goes back" in done.stdout, told
    assert ours(desk) == ""


def test_ctrl_c_in_k9s_leaves_nothing(desk: Desk) -> None:
    """The terminal sends INT to all in the foreground, and k9s kills the one that it started."""
    child = subprocess.Popen(
        words("netshoot-join"),
        env=desk.env,
        cwd=desk.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with child:
        until(lambda: ours(desk), "the marked copy")
        os.killpg(child.pid, signal.SIGINT)
        child.kill()
    until(lambda: not ours(desk), "the end of the copy")
