"""A session as one JSON document, for whoever keeps a record of it. Its keys are a promise: a test freezes them."""

import json
from pathlib import Path
from typing import Any

from kubectl_netshoot.model import Pod
from kubectl_netshoot.rules.hazards.services import largest
from kubectl_netshoot.rules.steps import Done
from kubectl_netshoot.session.driver import Driver
from kubectl_netshoot.session.last_look import LastLook, last_look_json
from kubectl_netshoot.session.plan import PodPlan
from kubectl_netshoot.terminal import Terminal, one_line

SCHEMA = "kubectl-netshoot/v1"


def summary(
    plan: PodPlan, driver: Driver, ending: object, status: int, message: str, look: LastLook | None = None
) -> dict[str, Any]:
    """What was made, what it took for how long, and how it ended: `status` is the exit status, `message` an error's.

    `look` is the last one at a copy with something set in it.
    """
    copy, after = driver.copy, {service.service: service for service in driver.endpoints}
    ready = dict(plan.join.ready_before)
    return {
        "schema": SCHEMA,
        "context": plan.target.context,
        "namespace": plan.target.namespace,
        "kind": plan.mark.kind,
        "source": plan.mark.source,
        "set": list(plan.mark.set_names),
        "pod": {"name": plan.name, "uid": copy.uid if copy else "", "node": copy.node if copy else ""},
        "services": [
            {
                "name": name,
                "share": largest(found),
                "readyBefore": ready[name],
                "readyAfter": after[name].ready_others(copy.uid if copy else "") if name in after else None,
            }
            for name, found in plan.join.shares
        ],
        "secondsInService": None
        if driver.time_in_service is None
        else round(driver.time_in_service.total_seconds(), 1),
        "lastLook": last_look_json(look),
        "warnings": [
            {"id": hazard.id, "what": one_line(hazard.what)}
            for hazard in (*plan.join.hazards, *driver.surprises)
        ],
        "notes": [one_line(note) for note in plan.notes],
        "ended": {"status": status, "message": one_line(message), "pod": _left(copy, ending)},
    }


def _left(copy: Pod | None, ending: object) -> str:
    """What has become of the pod."""
    if not isinstance(ending, Done):
        return "left" if copy else "unknown"
    if ending.exists:
        return "deleting" if ending.deleting else "kept"
    return "deleted" if copy else "never made"


def write(path: str, document: dict[str, Any], terminal: Terminal) -> None:
    """Into this file, in the place of what was there; where that cannot be it is said, and changes nothing else."""
    try:
        Path(path).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        terminal.warn(f"the summary cannot be written into {path}: {error.strerror}")
