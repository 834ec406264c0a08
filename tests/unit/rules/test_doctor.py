"""What doctor makes of versions, programs, levels, rights and images."""

from dataclasses import replace

import pytest

from kubectl_netshoot.cli.doctor import lines
from kubectl_netshoot.rules import doctor
from kubectl_netshoot.rules.doctor import DoctorLine, State
from kubectl_netshoot.rules.profiles import KUBECTL
from kubectl_netshoot.rules.rights import Review, Use, rights_of

FLAGS = ("--profile", "--custom", "--keep-readiness", "--copy-to")


def states(*findings: DoctorLine) -> list[State]:
    return [finding.state for finding in findings]


def test_a_new_kubectl() -> None:
    assert doctor.kubectl("v1.37.0", FLAGS, KUBECTL) == DoctorLine("kubectl", State.OK, "v1.37.0")


def test_an_older_kubectl_is_told_what_it_lacks() -> None:
    found = doctor.kubectl(
        "v1.27.1", ["--profile"], ["legacy", "general", "baseline", "netadmin", "restricted"]
    )
    assert found.state is State.WARNING
    for lacking in ("--custom", "--keep-readiness", "sysadmin"):
        assert lacking in found.what
    assert "1.31" in found.next_step


@pytest.mark.parametrize(("flags", "profiles"), [((), KUBECTL), (FLAGS, ("legacy", "general"))])
def test_a_kubectl_that_is_too_old(flags: tuple[str, ...], profiles: tuple[str, ...]) -> None:
    found = doctor.kubectl("", flags, profiles)
    assert found.state is State.BAD
    assert "unknown version" in found.what


@pytest.mark.parametrize(
    ("client", "server", "state"),
    [
        ("v1.36.1", "v1.36.9+k3s1", State.OK),
        ("v1.37.0-rc.1", "v1.36.0", State.OK),
        ("v1.35.0", "v1.36.0", State.OK),
        ("v1.34.0", "v1.36.0", State.WARNING),
        ("v1.38.0", "v1.36.0", State.WARNING),
        ("", "v1.36.0", State.WARNING),
        ("v1.36.0", "?", State.WARNING),
    ],
)
def test_skew(client: str, server: str, state: State) -> None:
    assert doctor.skew(client, server).state is state


def test_skew_says_which_kubectl_would_do() -> None:
    assert "1.35 to 1.37" in doctor.skew("v1.20.0", "v1.36.0").next_step


def test_the_plugin_on_path_or_not_or_hidden() -> None:
    assert doctor.plugin("kubectl-netshoot", ["/bin/kubectl-netshoot"]).state is State.OK
    missing = doctor.plugin("kubectl-netshoot", [])
    assert missing.state is State.WARNING
    assert "PATH" in missing.next_step
    hidden = doctor.plugin("kubectl-netshoot", ["/a/kubectl-netshoot", "/b/kubectl-netshoot"])
    assert hidden.state is State.WARNING
    assert (
        hidden.what
        == "the one that kubectl runs, /a/kubectl-netshoot, hides another kubectl-netshoot: /b/kubectl-netshoot"
    )


@pytest.mark.parametrize(
    ("found", "made_by", "state"),
    [
        ("/bin/complete", "1.2.3", State.OK),
        ("/bin/complete", "", State.OK),
        ("/bin/complete", "1.2.2", State.WARNING),
        ("", "", State.WARNING),
    ],
)
def test_the_script_for_tab_is_there_and_of_this_version(found: str, made_by: str, state: State) -> None:
    finding = doctor.completion(found, made_by, "1.2.3")
    assert finding.state is state
    assert bool(finding.next_step) is (state is State.WARNING)
    assert made_by in finding.what or state is State.OK


@pytest.mark.parametrize(
    ("level", "state"), [("", State.OK), ("privileged", State.OK), ("of-tomorrow", State.OK)]
)
def test_levels_that_leave_everything(level: str, state: State) -> None:
    assert doctor.level("shop", level).state is state


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_levels_that_take_something(level: str) -> None:
    found = doctor.level("shop", level)
    assert found.state is State.WARNING
    assert f"profile {level}" in found.what


def test_rights() -> None:
    needed = next(right for right in rights_of(Use.JOINED_COPY) if right.needed)
    optional = next(right for right in rights_of(Use.JOINED_COPY) if not right.needed)
    found = [
        doctor.rights(Review(), "shop"),
        doctor.rights(Review(denied=(optional,)), "shop"),
        doctor.rights(Review(unknown=(needed,), reason="no reviews"), "shop"),
        doctor.rights(Review(denied=(optional, needed)), "shop"),
    ]
    assert states(*found) == [State.OK, State.WARNING, State.WARNING, State.BAD]
    assert str(needed) in found[-1].what
    assert "rbac --join -n shop" in found[-1].next_step


def test_what_was_left() -> None:
    assert states(doctor.leftovers([], "shop"), doctor.leftovers(["a", "b"], "shop")) == [
        State.OK,
        State.WARNING,
    ]
    assert "a, b" in doctor.leftovers(["a", "b"], "shop").what
    assert states(doctor.folders(0), doctor.folders(1)) == [State.OK, State.WARNING]
    assert doctor.folders(2).what.startswith("2 private folders ")


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("tools", "Always"),
        ("tools:latest", "Always"),
        ("tools:v1", "IfNotPresent"),
        ("registry.test:5000/tools", "Always"),
        ("registry.test:5000/tools:v1", "IfNotPresent"),
        ("tools@sha256:" + 64 * "0", "IfNotPresent"),
    ],
)
def test_the_pull_policy_that_kubernetes_takes_by_itself(image: str, policy: str) -> None:
    assert f"pull policy {policy}" in doctor.image(image, "", [], []).what
    assert "pull policy Never" in doctor.image(image, "Never", [], []).what


def test_pull_secrets_are_named() -> None:
    assert "pull secrets a, b" in doctor.image("tools:v1", "", ["a", "b"], []).what


def test_an_image_from_where_the_pods_own_come_from() -> None:
    mirror = "registry.test:5000/team/app:v1"
    assert doctor.image("registry.test:5000/tools:v1", "", [], [mirror]).state is State.OK
    assert doctor.image("team/tools:v1", "", [], ["app", "team/app"]).state is State.OK
    assert doctor.image("team/tools:v1", "", [], ["app", mirror]).state is State.OK
    elsewhere = doctor.image("team/tools:v1", "", [], [mirror])
    assert elsewhere.state is State.WARNING
    assert "registry.test:5000" in elsewhere.what
    assert "the default registry" in doctor.image("registry.test/tools:v1", "", [], ["app"]).what


def test_a_cause_is_told_once() -> None:
    down, slow = (
        DoctorLine("context", State.BAD, "nobody there", "try: x"),
        DoctorLine("image", State.WARNING, "slow"),
    )
    hidden = [replace(down, check=check) for check in ("skew", "rights")]
    ok = [DoctorLine("python", State.OK, "3.11"), DoctorLine("folders", State.OK, "3.11")]
    found = doctor.told_once([*ok, down, hidden[0], slow, hidden[1]])
    assert [one.state for one in found] == [
        *(State.OK, State.OK, State.BAD, State.UNKNOWN, State.WARNING, State.UNKNOWN),
    ]
    assert {one.what for one in found if one.state is State.UNKNOWN} == {"see context"}


def test_what_could_not_be_begun_is_named() -> None:
    found = doctor.told_once([DoctorLine("context", State.BAD, "no context", "try: x")], ["skew", "rights"])
    assert [(one.check, one.state) for one in found[1:]] == [
        ("skew", State.UNKNOWN),
        ("rights", State.UNKNOWN),
    ]
    assert list(lines(found))[1:] == ["unknown skew, rights: see context"]
