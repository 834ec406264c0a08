"""What our files name exists, and no file names a machine's folder or a package registry."""

import re
import subprocess
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tools.markdown import CHINESE, README, REFERENCE, ROOT, SAFETY, TWINS, Document, code

DOCUMENTS = [
    Document(str(path.relative_to(ROOT)))
    for folder in (ROOT, ROOT / "docs")
    for path in sorted(folder.glob("*.md"))
]
WITH_CONTENTS = [README, CHINESE, REFERENCE, Document("docs/guide.md"), SAFETY, TWINS[SAFETY]]
# In pieces, since this file is searched too.
FORBIDDEN = ["/" + folder + "/" for folder in ("work", "root", "home/user")] + [
    ".".join(host)
    for host in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
        ("index", "crates", "io"),
    )
]


def tracked() -> Iterator[tuple[str, str]]:
    """Every text file that git knows and that is there, with its text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            yield name, path.read_bytes().decode("utf-8", errors="replace")


def test_no_machine_and_no_registry_is_named() -> None:
    found = [(name, word) for name, text in tracked() for word in FORBIDDEN if word in text]
    assert found == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.path)
def test_links_lead_somewhere(document: Document) -> None:
    """To a file that is there, and to a heading in it."""
    local = [link.partition("#") for link in document.links() if not link.startswith("https://")]
    folder = (ROOT / document.path).parent
    ends = [(folder / path if path else ROOT / document.path, anchor) for path, _, anchor in local]
    assert [path for path, _ in ends if not path.exists()] == []
    broken = [
        (p.name, a) for p, a in ends if a and a not in Document(str(p.resolve().relative_to(ROOT))).anchors()
    ]
    assert broken == []


@pytest.mark.parametrize("document", WITH_CONTENTS, ids=lambda document: document.path)
def test_the_contents_lead_to_every_section(document: Document) -> None:
    beginning = document.text.partition("\n## ")[0]
    missing = [s.title for s in document.sections() if s.level == 2 and f"(#{s.anchor})" not in beginning]
    assert missing == []


def test_what_holds_a_promise_exists() -> None:
    """Paths are files; a name in front of a path is a function in that file."""
    for row in SAFETY.table("What it never does"):
        names = code(row[1])
        paths = [name for name in names if "/" in name]
        assert paths
        assert [path for path in paths if not (ROOT / path).is_file()] == []
        for name, path in pairwise(names):
            if "/" not in name:
                assert re.search(rf"def {name}\(", (ROOT / path).read_text(encoding="utf-8"))
