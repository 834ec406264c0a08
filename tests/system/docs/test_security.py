"""SECURITY.md promises what is tested, and all that tests/system/security tests."""

from tools.markdown import ROOT, Document, code

SECURITY = Document("SECURITY.md")
AGAINST = [title for title in SECURITY.headings() if title.startswith("Against ")]


def promises() -> list[list[str]]:
    return [row for title in AGAINST for row in SECURITY.table(title)]


def test_every_promise_names_tests_that_exist() -> None:
    assert len(promises()) > 10
    for promise, tests in promises():
        paths = code(tests)
        assert paths, promise
        assert [path for path in paths if not (path.startswith("tests/") and (ROOT / path).is_file())] == []


def test_every_test_of_security_holds_a_promise() -> None:
    named = {path for _, tests in promises() for path in code(tests)}
    there = {
        str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "system" / "security").glob("test_*.py")
    }
    assert there <= named
