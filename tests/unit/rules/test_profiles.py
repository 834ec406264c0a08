"""Which profile is tried, in which order, as whom: by level, by the source's user, by what kubectl can do."""

from collections.abc import Collection

import pytest

from kubectl_netshoot.errors import NetshootError
from kubectl_netshoot.rules.profiles import (
    AUTO,
    KUBECTL,
    NO_RAW_SOCKETS,
    NOBODY,
    ROOT,
    ProfileChoice,
    RunAs,
    choices,
    missing_capabilities,
    run_as,
)

FREE = RunAs()
USER = RunAs(user=1000)
NON_ROOT = RunAs(non_root=True)


def chosen(
    asked: str = AUTO,
    level: str = "",
    source: RunAs = FREE,
    available: Collection[str] = KUBECTL,
    customizable: bool = True,
) -> tuple[ProfileChoice, ...]:
    return choices(asked, level, source, available, customizable)


def names(found: tuple[ProfileChoice, ...]) -> list[tuple[str, int | None]]:
    return [(choice.profile, choice.user) for choice in found]


@pytest.mark.parametrize("level", ["", "privileged", "of-tomorrow"])
def test_where_nothing_forbids_it_netadmin_comes_first(level: str) -> None:
    assert names(chosen(level=level)) == [("netadmin", None), ("baseline", None), ("restricted", NOBODY)]


def test_a_level_leaves_out_what_it_refuses() -> None:
    assert names(chosen(level="baseline")) == [("baseline", None), ("restricted", NOBODY)]
    assert names(chosen(level="restricted")) == [("restricted", NOBODY)]


@pytest.mark.parametrize("source", [USER, NON_ROOT, RunAs(1000, True)])
def test_root_again_where_the_pod_takes_it_away(source: RunAs) -> None:
    assert names(chosen(source=source))[:2] == [("netadmin", ROOT), ("baseline", ROOT)]
    assert names(chosen(level="baseline", source=source))[0] == ("baseline", ROOT)


def test_user_0_is_root_already() -> None:
    assert names(chosen(source=RunAs(user=0)))[0] == ("netadmin", None)


@pytest.mark.parametrize("source", [USER, NON_ROOT])
def test_without_custom_the_pods_user_stays_and_that_is_said(source: RunAs) -> None:
    first = chosen(source=source, customizable=False)[0]
    assert (first.profile, first.user) == ("netadmin", None)
    assert NO_RAW_SOCKETS in first.notes[0]
    assert first.promised == frozenset()


def test_an_image_may_not_start_where_only_a_rule_against_root_stands() -> None:
    assert any("will not start" in note for note in chosen(source=NON_ROOT, customizable=False)[0].notes)
    assert not any("will not start" in note for note in chosen(source=USER, customizable=False)[0].notes)
    restricted = chosen(level="restricted", customizable=False)[0]
    assert any("will not start" in note for note in restricted.notes)


def test_restricted_runs_as_somebody() -> None:
    """As the pod says, else as the application does, else as nobody: never as root."""
    assert names(chosen(level="restricted", source=USER)) == [("restricted", None)]
    as_application = RunAs(non_root=True, container_user=1001)
    assert names(chosen(level="restricted", source=as_application)) == [("restricted", 1001)]
    assert names(chosen(level="restricted", source=RunAs(user=0))) == [("restricted", NOBODY)]


@pytest.mark.parametrize("profile", KUBECTL)
def test_what_is_asked_for_is_obeyed(profile: str) -> None:
    assert {choice.profile for choice in chosen(profile, level="restricted")} == {profile}
    assert all(choice.reason.startswith("asked for") for choice in chosen(profile))


def test_what_is_asked_for_may_give_up_root_when_the_server_objects() -> None:
    assert names(chosen("netadmin", source=USER)) == [("netadmin", ROOT), ("netadmin", None)]
    assert names(chosen("netadmin", level="restricted", source=USER)) == [("netadmin", None)]


def test_only_what_this_kubectl_has() -> None:
    assert names(chosen(available={"baseline", "legacy"})) == [("baseline", None)]
    with pytest.raises(NetshootError, match="no profile sysadmin") as raised:
        chosen("sysadmin", available={"netadmin", "baseline"})
    assert "netadmin, baseline" in raised.value.hint


def test_a_kubectl_without_any_profile_is_said() -> None:
    with pytest.raises(NetshootError, match="no profile"):
        chosen(available=())


def test_what_will_not_work_is_said() -> None:
    assert chosen()[0].notes == ()
    assert "NET_ADMIN" in chosen(level="baseline")[0].notes[0]
    assert NO_RAW_SOCKETS in chosen(level="restricted")[0].notes
    assert "general" in chosen("general")[0].notes[0]
    assert chosen("sysadmin")[0].notes == ()


def test_the_reason_names_the_level() -> None:
    assert chosen(level="baseline")[0].reason == "the namespace enforces baseline"
    assert chosen(level="baseline")[1].reason == "the API server refuses more"
    assert "as root" in chosen(source=USER)[0].reason


def test_run_as_is_read_from_a_spec() -> None:
    assert run_as({"containers": [{"name": "a"}]}) == RunAs()
    assert run_as({"securityContext": {"runAsUser": 5, "runAsNonRoot": True}}) == RunAs(5, True)
    both = [{"securityContext": {"runAsUser": 0}}, {"securityContext": {"runAsUser": 7}}]
    assert run_as({"securityContext": None, "containers": both}) == RunAs(container_user=7)


def test_capabilities_are_bits() -> None:
    """0xa80425fb is what containerd gives to root: NET_RAW, not NET_ADMIN; 0xa80435fb with netadmin."""
    promised = chosen()[0].promised
    assert missing_capabilities(promised, 0xA80435FB) == ()
    assert missing_capabilities(promised, 0xA80425FB) == ("NET_ADMIN",)
    assert missing_capabilities(promised, 0) == ("NET_ADMIN", "NET_RAW")
    assert missing_capabilities((), 0) == ()
