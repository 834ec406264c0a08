"""Every command that README shows is typed as it stands there; those that are not are run by somebody else."""

from fakecluster.traffic import choose_traffic
from tests.system.docs.conftest import Desk
from tools.markdown import README, ROOT, Document

# Every line of theirs is typed: here, and in test_recipes.py; test_chinese.py holds README's twin to the same lines.
TYPED = {"README.md", "README.zh-CN.md", "docs/recipes.md"}
# Each would set up a second environment or run this very test; the named file runs it, by these words.
ELSEWHERE = {
    "make demo": (".ci/run", "make demo"),
    "make test": (".ci/run", "make test"),
    "make install": ("tests/system/artefact/test_install.py", '["make", "install"'),
}


def test_examples_work_in_the_order_in_which_they_are_shown(desk: Desk) -> None:
    # Waits that are long elsewhere, for the sake of proxies and clients that are not here.
    desk.env["KUBECTL_NETSHOOT_SETTLE"] = "0s"
    choose_traffic(desk.cluster, desk.folder.parent / "traffic", TCPDUMP_INTERVAL=0.01)
    typed = [line for line in README.commands() if line not in ELSEWHERE]
    failed = {line: done.stderr for line in typed if (done := desk.type(line)).returncode}
    assert failed == {}
    capture = (desk.folder / "look.pcap").read_bytes()
    assert capture[:4] in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4")
    assert desk.type("kubectl netshoot list -o json").stdout.strip() == "[]"


def test_what_is_not_typed_here_is_run_elsewhere() -> None:
    for line, (path, words) in ELSEWHERE.items():
        assert line in README.commands()
        assert words in (ROOT / path).read_text(encoding="utf-8")


def test_other_documents_show_no_command_that_nobody_runs() -> None:
    documents = [path.relative_to(ROOT) for folder in (ROOT, ROOT / "docs") for path in folder.glob("*.md")]
    others = [Document(str(path)) for path in documents if str(path) not in TYPED]
    assert {document.path: document.commands() for document in others if document.commands()} == {}
