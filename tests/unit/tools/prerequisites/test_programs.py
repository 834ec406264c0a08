"""Programs that tests run: installed where that may be done, and missed aloud where they are not there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.prerequisites import __main__ as installer
from tools.prerequisites import managers, programs, table
from tools.prerequisites.programs import PROGRAMS, Program

ROOT = Path(__file__).resolve().parents[4]
# As apt-cache says it: a package that can be had, one that can't, and of an unknown one nothing.
POLICY = """
for package; do
    case $package in
    policy|unknown*|original-awk) ;;
    busybox) printf '%s:\\n  Installed: (none)\\n  Candidate: (none)\\n  Version table:\\n' "$package" ;;
    *) printf '%s:\\n  Installed: (none)\\n  Candidate: 1:2.3-4\\n  Version table:\\n     1:2.3-4 500\\n' "$package" ;;
    esac
done
"""


class Machine:
    """A machine whose PATH has what a test puts there; its package manager writes down what it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder / "log"

    def has(self, name: str, script: str = "exit 0") -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def has_apt(self, *, update: int = 0, install: str = "exit 0") -> None:
        record = f'echo "$* ($DEBIAN_FRONTEND)" >> {self._log}'
        self.has("apt-get", f'{record}\ncase "$*" in *update) exit {update};; *) {install};; esac')
        self.has("apt-cache", POLICY)

    @property
    def told(self) -> list[str]:
        """What apt-get was told, each time, without its options."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        assert all(line.endswith(" (noninteractive)") for line in lines)
        words = [line.removesuffix(" (noninteractive)").split() for line in lines]
        return [" ".join(word for word in line if not word.startswith("-")) for line in words]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CHROMIUM", raising=False)
    rows = {name: PROGRAMS[name] for name in ("busybox", "mandoc", "original-awk", "tshark", "zsh")}
    monkeypatch.setattr(programs, "PROGRAMS", rows)
    monkeypatch.setattr(managers, "is_root", lambda: True)
    return Machine(folder)


def test_what_is_missing_and_offered_is_installed_in_one_go(machine: Machine) -> None:
    machine.has_apt()
    machine.has("zsh")
    installer.main()
    assert machine.told == ["update", "install mandoc tshark"]


def test_a_package_has_another_name_than_its_program(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has_apt()
    monkeypatch.setattr(programs, "PROGRAMS", {name: PROGRAMS[name] for name in ("ps", "ss")})
    installer.main()
    assert machine.told == ["update", "install iproute2 procps"]


def test_nothing_is_touched_where_nothing_is_missing(machine: Machine) -> None:
    machine.has_apt()
    for name in ("busybox", "mandoc", "original-awk", "tshark", "zsh"):
        machine.has(name)
    installer.main()
    assert machine.told == []


def test_nothing_is_touched_without_root(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.has_apt()
    monkeypatch.setattr(managers, "is_root", lambda: False)
    installer.main()
    assert machine.told == []


def test_nothing_is_touched_on_a_machine_without_apt(machine: Machine) -> None:
    machine.has("dnf", f"echo dnf >> {machine.folder}/log")
    installer.main()
    assert machine.told == []


def test_sources_that_cannot_be_read_keep_nothing_from_being_tried(machine: Machine) -> None:
    machine.has_apt(update=100)
    installer.main()
    assert machine.told == ["update", "install mandoc tshark zsh"]


def test_a_failure_is_told_and_is_no_end(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.has_apt(install="echo 'E: Unable to fetch' >&2; exit 100")
    installer.main()
    assert capsys.readouterr().err == "E: Unable to fetch\n"


def test_where_a_program_is(machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = Program("one", {}, commands=("other",), files=(str(tmp_path / "lib*" / "file"),), variable="ONE")
    assert row.path() is None
    (tmp_path / "lib64").mkdir()
    (tmp_path / "lib64" / "file").touch()
    assert row.path() == str(tmp_path / "lib64" / "file")
    machine.has("other")
    assert row.path() == str(machine.folder / "other")
    machine.has("one")
    assert row.path() == str(machine.folder / "one")
    machine.has("mine")
    monkeypatch.setenv("ONE", "mine")
    assert row.path() == str(machine.folder / "mine")


def test_the_table(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.has_apt()
    monkeypatch.setattr(managers, "is_root", lambda: False)
    lacking = {
        "tshark": ["tests/a.py::one", "tests/a.py::two", "tests/b.py::one", "tests/c.py::x", "tests/d.py::x"],
        "original-awk": ["tests/a.py::three"],
        "mandoc": ["tests/a.py::four"],
    }
    assert list(table.lines(table.rows(lacking, ask_sources=False))) == [
        "program       tests  why                              in",
        "mandoc        1      not installed                    tests/a.py",
        "original-awk  1      apt has no package original-awk  tests/a.py",
        "tshark        5      not installed                    tests/a.py, tests/b.py, 2 more",
        "to run them: sudo apt-get install --yes --no-install-recommends mandoc tshark",
    ]
    assert machine.told == []


@pytest.mark.parametrize(
    ("manager", "expected"),
    [
        ("dnf", "to run them: dnf install --assumeyes wireshark-cli"),
        ("brew", "to run them: brew install wireshark"),
    ],
)
def test_the_command_of_another_manager(machine: Machine, manager: str, expected: str) -> None:
    machine.has(manager)
    *_, awk, tshark, command = table.lines(
        table.rows({"tshark": ["a"], "original-awk": ["a"]}, ask_sources=True)
    )
    assert f"no package for {manager} known" in awk
    assert "not installed" in tshark
    assert command == expected


def test_no_manager_no_command(machine: Machine) -> None:
    *_, last = table.lines(table.rows({"tshark": ["a::b"]}, ask_sources=True))
    assert last.split() == ["tshark", "1", "not", "installed", "a"]
    assert not list(machine.folder.iterdir())


def test_where_the_sources_cannot_be_read_nothing_could_be_had(machine: Machine) -> None:
    machine.has_apt(update=100)
    (row,) = table.rows({"tshark": ["a::b"]}, ask_sources=True)
    assert (row.package, row.why) == ("", "the sources of apt cannot be read")
    assert [one.package for one in table.rows({"tshark": ["a::b"]}, ask_sources=False)] == ["tshark"]


TESTS = """
import pytest
from tools.prerequisites.pytest_plugin import program

@pytest.fixture
def awk(): return program("original-awk")

def test_passes(): pass
def test_skipped(): pytest.skip("for another reason")
@pytest.mark.parametrize("number", range(3))
def test_tshark(number): program("tshark")
def test_awk(awk): pass
"""


def run_tests(folder: Path, machine: Machine, *options: str) -> tuple[int, list[str]]:
    """pytest with the plugin in a process of its own, on this machine; its status and lines."""
    (folder / "test_them.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tools.prerequisites.pytest_plugin", "-ra", *options],
        cwd=folder,
        env={"PATH": str(machine.folder), "PYTHONPATH": str(ROOT), "HOME": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_what_was_not_run_stands_at_the_end(
    machine: Machine, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    machine.has_apt()
    status, lines = run_tests(tmp_path, machine, *workers)
    assert status == 0
    at = next(number for number, line in enumerate(lines) if "not run, for lack of a program" in line)
    install = "apt-get install --yes --no-install-recommends tshark"
    sudo = "" if os.geteuid() == 0 else "sudo "
    assert lines[at + 1 : -1] == [
        "program       tests  why                              in",
        "original-awk  1      apt has no package original-awk  test_them.py",
        "tshark        3      not installed                    test_them.py",
        f"to run them: {sudo}{install}",
    ]
    assert "1 passed, 1 skipped, 4 not run" in lines[-1]
    # What was skipped for another reason is listed as ever, and only that.
    assert [line.partition(": ")[2] for line in lines if line.startswith("SKIPPED")] == ["for another reason"]


def test_nothing_is_said_where_all_was_run(machine: Machine, tmp_path: Path) -> None:
    machine.has_apt()
    machine.has("tshark")
    machine.has("original-awk")
    status, lines = run_tests(tmp_path, machine, "--require-programs")
    assert status == 0
    assert "5 passed, 1 skipped" in lines[-1]
    assert not any("lack of a program" in line for line in lines)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_what_could_be_installed_fails_where_programs_are_required(
    machine: Machine, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    machine.has_apt()
    status, lines = run_tests(tmp_path, machine, "--require-programs", *workers)
    assert status == 1
    assert "error: --require-programs: these programs could be installed" in lines


def test_what_nobody_has_does_not_fail(machine: Machine, tmp_path: Path) -> None:
    machine.has_apt()
    machine.has("tshark")
    status, lines = run_tests(tmp_path, machine, "--require-programs")
    assert status == 0
    assert "5 passed" not in lines[-1]
    assert "1 not run" in lines[-1]


def test_ci_requires_programs(machine: Machine, tmp_path: Path) -> None:
    # A copy: what else CI looks at lies beside the repository.
    (tmp_path / "clone" / ".ci").mkdir(parents=True)
    script = shutil.copy(ROOT / ".ci" / "run", tmp_path / "clone" / ".ci")
    machine.has("make", f'echo "$1: $PYTEST_ADDOPTS" >> {tmp_path}/made')
    machine.has("dirname", f"echo {tmp_path}/clone/.ci")
    subprocess.run(["/bin/sh", script], env={"PATH": str(machine.folder)}, check=True)
    assert (tmp_path / "made").read_text().splitlines() == [
        "demo: --require-programs",
        "test: --require-programs",
    ]


def test_no_test_looks_for_a_program_by_itself() -> None:
    # What every POSIX machine has, and the kubectl of the environment.
    others = {
        "tests/unit/session/tools/test_probes.py",
        "tests/system/e2e/programs.py",
        "tests/system/security/test_secrets.py",
    }
    looking = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("*.py")
        if path != Path(__file__) and "shutil.which(" in path.read_text(encoding="utf-8")
    }
    assert looking <= others
