"""The error handler: the last words of what nothing else has caught."""

import pytest

from kubectl_netshoot.cli import main
from kubectl_netshoot.errors import ExitStatus
from kubectl_netshoot.session.inbox import Inbox


@pytest.mark.parametrize(
    ("may_have_changed", "says"),
    [
        (False, "interrupted; nothing had been changed"),
        (True, "interrupted at the end"),
    ],
)
def test_who_is_interrupted_is_told_that_nothing_changed_only_where_that_is_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], may_have_changed: bool, says: str
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Inbox, "may_have_changed", may_have_changed)
    monkeypatch.setattr(main, "app", interrupted)
    assert main.run((), "kubectl-netshoot") == ExitStatus.INTERRUPTED
    said = capsys.readouterr().err
    assert says in said
    assert ("nothing had been changed" in said) is not may_have_changed
    assert ("kubectl netshoot list" in said) is may_have_changed
