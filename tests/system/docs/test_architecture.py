"""docs/architecture.md holds: its tree is the folders', its files are there, its rows are those of `make lint`.

The tests of one part stand where that part stands.
"""

import ast
import re
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "src" / "kubectl_netshoot"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def _section(title: str) -> str:
    return PAGE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_the_tree_names_every_room_and_no_other() -> None:
    rooms = set(re.findall(r"^ {6}(\w+(?:/|\.py)) ", _section("The tree"), re.MULTILINE))
    here = {f"{path.name}/" for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    here |= {path.name for path in PACKAGE.glob("*.py")} - {"__init__.py"}
    assert rooms == here


def test_the_folders_beside_the_program_are_there() -> None:
    named = re.findall(r"^ {4}([\w/]+/) ", _section("The tree"), re.MULTILINE)
    assert len(named) > 4
    assert [name for name in named if not (ROOT / name).is_dir()] == []


def test_the_rows_are_those_that_are_checked() -> None:
    settings = ConfigParser()
    settings.read(ROOT / ".importlinter")
    rows = settings["importlinter:contract:layers"]["layers"].split("\n")
    assert [row.strip() for row in _section("The rows").strip().split("\n")] == [row for row in rows if row]


def test_every_file_of_the_walks_is_there() -> None:
    walks = "".join(
        _section(title)
        for title in (
            "TARGET to the copy",
            "A packet to its sentence",
            "A pod of the fake cluster to ready",
            "A capture to its file",
            "A question of `why` to its verdict",
            "Where it is decided",
        )
    )
    named = set(re.findall(r"`([\w/]+\.py)`", walks))
    assert len(named) > 25
    inside = [ROOT, PACKAGE, PACKAGE / "packets"]
    assert [name for name in sorted(named) if not any((folder / name).exists() for folder in inside)] == []


def test_what_is_named_in_a_file_is_there() -> None:
    """On the page that says where things are, and on the one for changes; a method counts too."""
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)`(?: and `(\w+)`)? in `([\w/]+\.py)`", PAGE + contributing)
    pairs = [(name, file) for *names, file in named for name in names if name]
    assert len(pairs) > 25
    assert [(name, file) for name, file in pairs if not _is_in(name, _found(file))] == []


def _found(name: str) -> Path:
    """The file that a page means: from the root of the repository, or of the program."""
    return next((folder / name for folder in (ROOT, PACKAGE) if (folder / name).exists()), PACKAGE / name)


def _is_in(name: str, file: Path) -> bool:
    made = rf"^ *(def|class) {name}\b|^{name}\b"
    return file.exists() and re.search(made, file.read_text(encoding="utf-8"), re.MULTILINE) is not None


def test_every_module_that_decides_is_on_the_page() -> None:
    """Those of rules, and what goes through a pod's life by them; hazards have a row together."""
    modules = [path for room in ("rules", "session") for path in sorted((PACKAGE / room).glob("[!_]*.py"))]
    assert len(modules) > 30
    names = [path.relative_to(PACKAGE).as_posix() for path in modules]
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_packets_take_only_rules_of_text_from_the_terminal() -> None:
    trees = [ast.parse(path.read_bytes()) for path in (PACKAGE / "packets").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    by_name = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    taken = {(node.module, name.name) for node in by_name for name in node.names}
    taken |= {(name.name, "") for node in nodes if isinstance(node, ast.Import) for name in node.names}
    of_terminal = {pair for pair in taken if "terminal" in f"{pair[0]}.{pair[1]}".split(".")}
    allowed = ("clean", "one_line", "UNIT_BLANK")
    assert of_terminal <= {("kubectl_netshoot.terminal", name) for name in allowed}


def test_what_is_pure_opens_no_file_and_looks_at_no_clock() -> None:
    """What needs an import for that, `.importlinter` forbids in the same modules."""
    settings = ConfigParser()
    settings.read(ROOT / ".importlinter")
    modules = settings["importlinter:contract:pure"]["source_modules"].split()
    places = [ROOT / "src" / module.replace(".", "/") for module in modules]
    files = [
        file for place in places for file in (*place.rglob("*.py"), place.with_suffix(".py")) if file.exists()
    ]
    assert len(files) > 40
    assert [(file.name, call) for file in files for call in _calls(file) if call in IMPURE] == []


IMPURE = {
    "open",
    "print",
    "input",
    "read_text",
    "read_bytes",
    "write_text",
    "write_bytes",
    "now",
    "utcnow",
    "today",
}


def _calls(file: Path) -> list[str]:
    """The last word of whatever it calls."""
    calls = [node.func for node in ast.walk(ast.parse(file.read_bytes())) if isinstance(node, ast.Call)]
    return [getattr(func, "attr", getattr(func, "id", "")) for func in calls]


def test_the_decisions_are_sorted_by_room_and_name_files_that_are_there() -> None:
    page = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    rooms = re.findall(r"^## (\w+)$", page, re.MULTILINE)
    assert len(rooms) > 8
    assert [room for room in rooms if not (PACKAGE / room).is_dir() and not (ROOT / room).is_dir()] == []
    named = set(re.findall(r"`([\w/]+\.py)`", page))
    assert len(named) > 15
    folders = [ROOT, PACKAGE, *(PACKAGE / room for room in rooms)]
    assert [name for name in sorted(named) if not any((folder / name).exists() for folder in folders)] == []


def test_every_unit_test_is_named_after_what_it_tests_and_stands_where_that_stands() -> None:
    """As `test_MODULE.py` or `test_MODULE_topic.py`, in the folder that mirrors the module's."""
    unit = ROOT / "tests" / "unit"
    tests = sorted(unit.rglob("test_*.py"))
    assert len(tests) > 100
    assert [test.relative_to(unit).as_posix() for test in tests if not _tested(test, unit)] == []


def _tested(test: Path, unit: Path) -> list[Path]:
    """The files of the program, or of tools, that its name may mean."""
    place = test.relative_to(unit).parent
    there = [*(PACKAGE / place).glob("*.*"), *(ROOT / place).glob("*.*")]
    return [path for path in there if f"{test.stem}_".startswith(f"test_{path.stem}_")]
