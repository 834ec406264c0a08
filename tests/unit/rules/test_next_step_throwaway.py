"""The steps of a throwaway pod: marked from birth, labelled only as its own controller, taken out as a copy is."""

from dataclasses import replace
from datetime import timedelta

from kubectl_netshoot.model import Owner, Pod
from kubectl_netshoot.rules.guard import Observed
from kubectl_netshoot.rules.marks import RUN
from kubectl_netshoot.rules.next_step import next_step
from kubectl_netshoot.rules.steps import (
    Abandon,
    Attach,
    CountConnections,
    Delete,
    Goal,
    Join,
    Leave,
    LookEverywhere,
    MarkCopy,
    Step,
)
from kubectl_netshoot.session.closing import standing
from tests.unit.builders import (
    COPY_UID,
    NOW,
    bare_copy,
    copy,
    debug_container,
    drained,
    intent,
    joined_copy,
    mark,
)

LABELS = {"role": "client"}
MARK = mark(kind=RUN, source="run", source_uid="", services=(), labels=LABELS, ports=(), ready_before={})
ALONE = (debug_container(),)
BORN = bare_copy(annotations=copy(MARK).annotations, active_deadline=timedelta(hours=1), containers=ALONE)


def going_in(pod: Pod) -> Step:
    return next_step(Observed(pod), intent(Goal.SERVING, mark=MARK), NOW)


def going_out(seen: Observed) -> Step:
    return next_step(seen, intent(Goal.GONE), NOW)


def test_it_becomes_its_own_controller_before_anything_else() -> None:
    assert going_in(BORN) == MarkCopy(COPY_UID)
    assert going_in(copy(MARK, containers=ALONE)) == Join(COPY_UID, tuple(LABELS.items()))


def test_with_labels_of_no_service_it_is_there_as_soon_as_it_has_them() -> None:
    assert going_in(joined_copy(MARK, containers=ALONE)) == Attach()


def test_an_adopter_that_was_quicker_ends_it() -> None:
    step = going_in(replace(BORN, owners=(Owner("ReplicaSet", "taker", True),)))
    assert isinstance(step, Abandon)
    assert step.finding == "adoption"


def test_one_that_was_killed_at_its_birth_is_deleted() -> None:
    assert going_out(Observed(BORN)) == LookEverywhere()
    never = bare_copy(annotations=copy(mark(kind=RUN, joined=False)).annotations, containers=ALONE)
    assert going_out(Observed(never, held_by=())) == Delete(COPY_UID)


def test_its_labels_are_taken_off_and_its_clients_waited_for() -> None:
    labelled = joined_copy(MARK, containers=ALONE)
    assert going_out(Observed(labelled, held_by=())) == Leave(COPY_UID, tuple(LABELS.items()))
    without = copy(MARK, containers=ALONE)
    uncounted = drained(without, counted_at=None, connections=None)
    assert going_out(uncounted) == CountConnections()
    assert going_out(drained(without)) == Delete(COPY_UID)


def test_labels_alone_are_no_service() -> None:
    assert standing(joined_copy(MARK, containers=ALONE)) == "still there, with its labels"
    assert standing(joined_copy()) == "still in service"
    assert standing(copy()) == "still there, out of service"
