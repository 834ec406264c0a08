"""Tests get a program of the machine here; what was not run for lack of one is said in a table at the end.

Such a test counts as "not run", apart from what is skipped for other reasons. With --require-programs the run fails
where the machine's package manager could have installed the program.
"""

from collections import defaultdict
from collections.abc import Generator, Sequence

import pytest

from tools.prerequisites import table
from tools.prerequisites.programs import PROGRAMS

_REASON = "not installed: "
_SKIPPED = f"Skipped: {_REASON}"
_OPTION = "--require-programs"


def program(name: str) -> str:
    """Where this program of the table is; where it is not installed, the test that asks is not run."""
    found = PROGRAMS[name].path()
    if found is None:
        pytest.skip(_REASON + name)
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    """--require-programs."""
    parser.addoption(
        _OPTION,
        action="store_true",
        help="fail where tests were not run for lack of a program that could be installed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Have the tests counted that lacked a program."""
    # A worker of xdist reports to whoever started it.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_NotRun(required=config.getoption(_OPTION)))


class _NotRun:
    """The tests that lacked a program."""

    def __init__(self, *, required: bool) -> None:
        self._required = required
        self._lacking: defaultdict[str, list[str]] = defaultdict(list)
        self._rows: Sequence[table.Row] = ()

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        return ("not run", "n", "NOT RUN") if _lacked(report) else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = _lacked(report)
        if name:
            self._lacking[name].append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._lacking:
            self._rows = table.rows(self._lacking, ask_sources=self._required)
        if self._fails and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @property
    def _fails(self) -> bool:
        return self._required and any(row.package for row in self._rows)

    # The outermost: below everything that pytest itself sums up.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        yield
        if not self._rows:
            return
        terminalreporter.write_sep("=", "not run, for lack of a program")
        for line in table.lines(self._rows):
            terminalreporter.write_line(line)
        if self._fails:
            terminalreporter.write_line(f"error: {_OPTION}: these programs could be installed", red=True)


def _lacked(report: pytest.TestReport) -> str:
    """The program that this test was skipped for; empty for whatever else became of it."""
    if not report.skipped or not isinstance(report.longrepr, (tuple, list)):
        return ""
    reason: str = report.longrepr[2]
    return reason.removeprefix(_SKIPPED) if reason.startswith(_SKIPPED) else ""
