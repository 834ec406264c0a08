"""Every command that a document shows is typed as it stands there; those that are not are run by somebody else."""

import pytest

from fakecluster.traffic import choose_traffic
from tests.system.docs.conftest import Desk
from tests.system.docs.steps import Step, follow, steps
from tools.markdown import CHINESE, GUIDE, INSTALL, README, RECIPES, ROOT, SAFETY, TWINS, Document

HERE = (README, CHINESE, GUIDE, INSTALL, SAFETY)
# Every line of theirs is typed: here, and in test_recipes.py; test_chinese.py holds the twins to the same lines.
TYPED = {document.path for document in (*HERE, RECIPES, *TWINS.values())}
# Each would set up a second environment or run this very test; the named file runs it, by these words.
ELSEWHERE = {
    "make demo": (".ci/run", "make demo"),
    "make test": (".ci/run", "make test"),
    "make install": ("tests/system/artefact/test_install.py", '["make", "install"'),
}


def failing() -> list[object]:
    """A Service whose targetPort nobody listens on."""
    labels = {"app": "api"}
    container = {"name": "api", "image": "nginx:1.27", "ports": [{"containerPort": 8080}]}
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "api"},
            "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": pods},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "api"},
            "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 9090}]},
        },
    ]


@pytest.mark.parametrize("document", HERE, ids=lambda document: document.path)
def test_examples_work_in_the_order_in_which_they_are_shown(desk: Desk, document: Document) -> None:
    # Waits that are long elsewhere, for the sake of proxies and clients that are not here.
    desk.env["KUBECTL_NETSHOOT_SETTLE"] = "0s"
    if document is CHINESE:
        desk.env["LANG"] = "zh_CN.UTF-8"
    desk.set_up(failing())
    choose_traffic(desk.cluster, desk.folder.parent / "traffic", TCPDUMP_INTERVAL=0.01)
    for typed, read in steps(document.text):
        if here := [line for line in typed if line not in ELSEWHERE]:
            follow(desk, Step(here, read))
    assert desk.type("kubectl netshoot list -o json").stdout.strip() == "[]"


def test_what_is_not_typed_here_is_run_elsewhere() -> None:
    for line, (path, words) in ELSEWHERE.items():
        assert line in README.commands()
        assert words in (ROOT / path).read_text(encoding="utf-8")


def test_other_documents_show_no_command_that_nobody_runs() -> None:
    documents = [path.relative_to(ROOT) for folder in (ROOT, ROOT / "docs") for path in folder.glob("*.md")]
    others = [Document(str(path)) for path in documents if str(path) not in TYPED]
    assert {document.path: document.commands() for document in others if document.commands()} == {}


@pytest.mark.parametrize("document", [README, CHINESE], ids=lambda document: document.path)
def test_every_example_of_readme_shows_what_is_printed(document: Document) -> None:
    shown = [step for step in steps(document.text) if step.lines]
    assert len(shown) == 7
    assert all(len(step.lines) + len(step.statuses) > 2 for step in shown)


def test_readme_fits_what_people_read() -> None:
    assert len((ROOT / README.path).read_bytes()) <= 15_000
