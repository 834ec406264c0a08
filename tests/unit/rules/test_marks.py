"""The journal: what is written is read again, and what somebody else wrote into it never stops the teardown."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.model import ENV_MARK, MAX_OWNER, Birth, Container, Pod, container_name, read_birth
from kubectl_netshoot.rules.marks import (
    BIRTH,
    JOINED,
    JOINED_AT,
    KINDS,
    NEVER,
    PREFIX,
    Mark,
    format_time,
    is_ours,
    joined_at,
    mark_of,
    parse_time,
    read_mark,
    to_annotations,
)
from tests.unit.builders import NOW, SESSION, bare_copy, copy, debug_container, joined_copy, mark

LABEL_VALUES = st.from_regex(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?", fullmatch=True)
LABEL_KEYS = st.from_regex(
    r"([a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", fullmatch=True
)
NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?", fullmatch=True)
SECONDS = st.integers(0, 24 * 3600).map(lambda seconds: timedelta(seconds=seconds))
MARKS = st.builds(
    Mark,
    session=st.just(SESSION),
    kind=st.sampled_from(KINDS),
    owner=st.text(),
    source=NAMES,
    source_uid=st.uuids().map(str),
    services=st.lists(NAMES, unique=True, max_size=3).map(tuple),
    labels=st.dictionaries(LABEL_KEYS, LABEL_VALUES, max_size=4),
    ports=st.lists(st.integers(1, 65535), max_size=4).map(tuple),
    uncounted=st.lists(
        st.builds("{}/{}".format, st.integers(1, 65535), st.sampled_from(["UDP", "SCTP"])), max_size=2
    ).map(tuple),
    ready_before=st.dictionaries(NAMES, st.integers(0, 5000), max_size=3),
    deadline=st.none()
    | st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 (hypothesis adds the zone)
        lambda moment: moment.replace(microsecond=0, tzinfo=timezone.utc)
    ),
    ttl=SECONDS,
    settle=SECONDS,
    drain=SECONDS,
    joined=st.booleans(),
    # A variable's name may be any printable ASCII but `=`.
    set_names=st.lists(
        st.builds(
            "env app:{}".format, st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)
        ),
        max_size=3,
    ).map(tuple),
)


@given(MARKS)
def test_a_mark_is_read_as_it_was_written(written: Mark) -> None:
    assert read_mark(copy(written)) == written


@given(st.dictionaries(st.sampled_from(sorted(to_annotations(mark()))), st.text(), max_size=12))
def test_no_annotation_stops_the_reading(hostile: dict[str, str]) -> None:
    annotations = {**to_annotations(mark()), **hostile, f"{PREFIX}session": SESSION}
    found = read_mark(copy(annotations=annotations))
    assert found is not None
    assert found.session == SESSION


HOSTILE = {
    "kind": ["", "Copy", "pod\x1b[2J"],
    "ports": ["²", "9" * 5000, "-1", "8080x", "٣", ",,,", "0x50"],
    "ready-before": ["web=²", "web", "=", "=3", "web=" + "9" * 5000, "web=-1"],
    "settle": ["nan", "inf", "-inf", "1e400", "-5", "", "5s", "9" * 5000, "86399999999999", "1e12"],
    "drain": ["nan", "inf", "-3600", "86399999999999"],
    "ttl": ["nan", "-1", "86399999999999"],
    "deadline": ["now", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-13-01T00:00:00Z"],
    "labels": ["app", "=web", "app=web=db", ",=,"],
    "services": ["..", ".", "a/b", "web)", "?x=y", "\x00", "Web", "-"],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key in HOSTILE for value in HOSTILE[key]])
def test_a_value_that_we_never_wrote_is_read_as_something_that_can_be_calculated_with(
    key: str, value: str
) -> None:
    found = read_mark(copy(annotations={**to_annotations(mark()), PREFIX + key: value}))
    assert found is not None
    for span in (found.ttl, found.settle, found.drain):
        assert timedelta(0) <= span <= timedelta(days=1)
        assert NOW + span >= NOW
    assert all(port >= 0 for port in found.ports)
    assert all(count >= 0 for count in found.ready_before.values())


def test_a_copy_is_called_one_and_everything_else_a_pod() -> None:
    assert [mark(kind=kind).noun for kind in KINDS] == ["copy", "pod", "pod"]
    assert read_mark(copy(annotations={**to_annotations(mark()), f"{PREFIX}kind": "Copy"})) == mark()


def test_services_that_cannot_exist_are_never_asked_for() -> None:
    listed = ",".join(["web", *HOSTILE["services"]])
    found = read_mark(copy(annotations={**to_annotations(mark()), f"{PREFIX}services": listed}))
    assert found is not None
    assert found.services == ("web",)


def test_unreadable_times_are_the_defaults_not_zero() -> None:
    annotations = {**to_annotations(mark()), f"{PREFIX}settle": "soon", f"{PREFIX}drain": "-60"}
    found = read_mark(copy(annotations=annotations))
    assert found is not None
    assert (found.settle, found.drain) == (Mark.settle, Mark.drain)


def test_the_longest_time_is_a_time() -> None:
    longest = timedelta(hours=24)
    assert read_mark(copy(mark(drain=longest, settle=longest))) == mark(drain=longest, settle=longest)


@pytest.mark.parametrize(
    ("pod", "joined"),
    [
        (bare_copy(), False),
        (bare_copy(owns_itself=True), True),
        (bare_copy(annotations={JOINED: "yes"}), True),
        (bare_copy(annotations={JOINED: NEVER}), False),
    ],
)
def test_one_without_its_mark_had_clients_where_anything_says_so(pod: Pod, joined: bool) -> None:
    assert mark_of(pod).joined is joined


@pytest.mark.parametrize(
    ("pod", "ours"),
    [
        (bare_copy(containers=(debug_container("0123456789abcdef"),)), True),
        (bare_copy(created=None), True),
        (bare_copy(created=NOW + BIRTH), True),
        (bare_copy(created=NOW + BIRTH + timedelta(seconds=1)), False),
        (bare_copy(created=NOW - BIRTH - timedelta(seconds=1)), False),
    ],
    ids=["of an older version", "created nobody knows when", "at the last moment", "later", "before"],
)
def test_a_pod_that_is_not_marked_yet_was_made_when_its_variable_says(pod: Pod, ours: bool) -> None:
    assert is_ours(pod) is ours


def test_the_variable_and_the_annotation_must_agree() -> None:
    assert read_mark(bare_copy()) is None
    assert read_mark(copy(containers=(debug_container("0123456789abcdef"),))) is None
    assert read_mark(copy(containers=())) is None
    assert read_mark(copy(name="another")) is None
    assert read_mark(copy(uid="uid-again", annotations=copy().annotations)) is None
    assert read_mark(copy(annotations={f"{PREFIX}session": ""}, containers=(debug_container(""),))) is None


def test_the_annotations_are_readable_text_below_one_prefix() -> None:
    annotations = to_annotations(mark())
    assert all(key.startswith(PREFIX) for key in annotations)
    assert annotations[f"{PREFIX}labels"] == "app=web"
    assert annotations[f"{PREFIX}deadline"] == "2026-05-04T13:00:00Z"


TIMES = [
    ("2026-05-04T12:00:00Z", NOW),
    ("2026-05-04T12:00:00.000000Z", NOW),
    ("2026-05-04T14:00:00+02:00", NOW),
    ("2026-05-04T12:00:00", NOW),
    ("", None),
    ("yesterday", None),
]


@pytest.mark.parametrize(("text", "moment"), TIMES)
def test_times_as_kubernetes_writes_them(text: str, moment: datetime | None) -> None:
    assert parse_time(text) == moment


def test_times_are_written_in_utc() -> None:
    assert format_time(NOW.astimezone(timezone(timedelta(hours=9)))) == "2026-05-04T12:00:00Z"


BIRTHS = st.builds(
    Birth,
    session=st.just(SESSION),
    name=NAMES,
    source_uid=st.uuids().map(str),
    made=st.integers(0, 99_999_999_999),
    owner=st.text(max_size=MAX_OWNER).filter(lambda text: text.isprintable()),
)


@given(BIRTHS)
def test_a_birth_is_read_as_it_was_written_and_kubectl_takes_it_as_one_value(born: Birth) -> None:
    text = str(born)
    assert read_birth(text) == born
    # StringToString of pflag splits at commas and strips quotes; $(NAME) is expanded in a container.
    assert not set(text) & set(",\"' $()=\n")


def test_what_older_versions_wrote_is_a_session() -> None:
    assert read_birth(SESSION) == Birth(SESSION)


@pytest.mark.parametrize(
    "text", ["", "yes", SESSION[:-1], f"{SESSION}/", f"{SESSION}/a/b/c/d", f"{SESSION}/A//0/"]
)
def test_what_we_never_wrote_is_no_birth(text: str) -> None:
    assert read_birth(text) is None


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        ((), "netshoot"),
        (("app",), "netshoot"),
        (("netshoot", "app"), "netshoot-2"),
        (("netshoot", "netshoot-2"), "netshoot-3"),
    ],
)
def test_our_container_has_a_name_of_its_own(taken: tuple[str, ...], name: str) -> None:
    assert container_name(taken) == name
    theirs = tuple(Container(other) for other in taken)
    born = Container(name, env={ENV_MARK: str(Birth("0123456789abcdef", "copy"))})
    pod = Pod("shop", "copy", "u", containers=(*theirs, born))
    assert (pod.tools, pod.session) == (name, "0123456789abcdef")


@pytest.mark.parametrize(
    ("container", "value"),
    [
        ("app", str(Birth("0123456789abcdef", "copy"))),
        ("netshoot-app", str(Birth("0123456789abcdef", "copy"))),
        ("netshoot-2", "0123456789abcdef"),
        ("netshoot-2", str(Birth("0123456789abcdef", "other"))),
    ],
)
def test_what_is_no_container_of_ours(container: str, value: str) -> None:
    pod = Pod("shop", "copy", "u", containers=(Container(container, env={ENV_MARK: value}),))
    assert (pod.tools, pod.session) == ("netshoot", "")


def test_a_container_that_was_copied_from_another_pod_of_ours_is_not_ours() -> None:
    copied = Container("netshoot", env={ENV_MARK: str(Birth("f" * 16, "older"))})
    born = Container("netshoot-2", env={ENV_MARK: str(Birth("0" * 16, "copy"))})
    pod = Pod("shop", "copy", "u", containers=(copied, born))
    assert (pod.tools, pod.session) == ("netshoot-2", "0" * 16)


def test_when_it_was_joined() -> None:
    told = {JOINED_AT: "2026-05-04T12:00:00Z"}
    joined = joined_copy()
    assert joined_at(replace(joined, annotations={**joined.annotations, **told})) == NOW
    assert joined_at(joined) is None
    never = copy(mark(joined=False))
    assert joined_at(replace(never, annotations={**never.annotations, **told})) is None


def test_a_mark_of_a_copy_that_is_as_its_source_does_not_speak_of_it() -> None:
    assert f"{PREFIX}set" not in to_annotations(mark())
    told = to_annotations(mark(set_names=("image app", "env app:A,B%2C")))
    assert told[f"{PREFIX}set"] == "image app,env app:A%2CB%252C"


def test_names_that_would_be_obeyed_by_a_terminal_are_not_read() -> None:
    carried = copy(annotations={**to_annotations(mark()), f"{PREFIX}set": "image app,env app:%1B[31m"})
    found = read_mark(carried)
    assert found
    assert found.set_names == ("image app",)
