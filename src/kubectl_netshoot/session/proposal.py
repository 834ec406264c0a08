"""The copy to ask for: the best profile that the API server accepts, and what there is to say of it."""

import json
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kubectl_netshoot.cluster import Fetch, try_create, was_not_judged
from kubectl_netshoot.config import private_file
from kubectl_netshoot.copyspec import Copy, copied_pod, custom_container
from kubectl_netshoot.errors import ApiError, NetshootError
from kubectl_netshoot.join import Hazard, Severity
from kubectl_netshoot.kubectl import DebugHelp
from kubectl_netshoot.profiles import Choice, choices, run_as
from kubectl_netshoot.request import SessionRequest, default_copy_name

NAME_LETTERS = 5


@dataclass(frozen=True)
class Proposal:
    """`refusals` are hazards that the API server itself named; `notes` what else must be known beforehand."""

    copy: Copy
    choice: Choice
    notes: tuple[str, ...] = ()
    refusals: tuple[Hazard, ...] = ()


@dataclass(frozen=True)
class Proposing:
    """Tries the profiles that come into question, best first. `folder` is private: the --custom file goes there."""

    request: SessionRequest
    session: str
    debug: DebugHelp
    fetch: Fetch
    folder: Path

    def propose(self, source: dict[str, Any], level: str) -> Proposal:
        """The copy of this source (as the API has it) that the server accepts in a dry run, else the first choice.

        `level` is the PodSecurity level that the namespace enforces, empty where it is not known.
        """
        basis, customizable = self._basis(source["metadata"]["name"]), "--custom" in self.debug.flags
        found = choices(
            self.request.profile, level, run_as(source["spec"]), self.debug.profiles, customizable
        )
        said: list[str] = []
        for choice in found:
            copy = replace(basis, profile=choice.profile, user=choice.user)
            try:
                warnings = try_create(self.fetch, copied_pod(source, copy))
            except ApiError as error:
                if error.reason == "AlreadyExists":
                    raise NetshootError(error.message, "give the copy another --name") from error
                unjudged = was_not_judged(error)
                if unjudged:
                    note = f"the API server did not judge the copy beforehand: {unjudged}"
                    return self._proposal(copy, choice, [note])
                said.append(error.message)
                continue
            notes = [f"the API server warns: {text}" for text in warnings]
            return self._proposal(copy, _after(said, choice), notes)
        copy = replace(basis, profile=found[0].profile, user=found[0].user)
        refusals = tuple(_refusal(message) for message in dict.fromkeys(said))
        return replace(self._proposal(copy, found[0], []), refusals=refusals)

    def _basis(self, source: str) -> Copy:
        request, flags = self.request, self.debug.flags
        letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(NAME_LETTERS))
        return Copy(
            source=source,
            name=request.name or default_copy_name(source, letters),
            image=request.image,
            profile="",
            session=self.session,
            pull_policy=request.pull_policy,
            share_processes=request.share_processes,
            same_node=request.same_node,
            keep_readiness="--keep-readiness" in flags,
            custom=self.folder / "container.json" if "--custom" in flags else None,
            requests=request.requests,
        )

    def _proposal(self, copy: Copy, choice: Choice, notes: Sequence[str]) -> Proposal:
        if copy.custom:
            copy.custom.unlink(missing_ok=True)
            private_file(copy.custom, json.dumps(custom_container(copy)))
        return Proposal(copy, choice, (*choice.notes, *_lacking(copy, self.request.joining), *notes))


def _after(said: Sequence[str], choice: Choice) -> Choice:
    """The choice, with what the server had against the better ones as its reason."""
    return replace(choice, reason=f"the API server refuses more: {said[0]}") if said else choice


def _refusal(message: str) -> Hazard:
    return Hazard(
        "admission",
        Severity.NEVER,
        f"the API server would refuse the copy: {message}",
        "change what it objects to, or try another --profile",
    )


def _lacking(copy: Copy, joining: bool) -> tuple[str, ...]:
    """What an older kubectl cannot do for this copy."""
    notes = []
    if not copy.custom:
        notes.append(
            "this kubectl has no `debug --custom` (1.31 has): the debug container gets no requests and limits, "
            "which a ResourceQuota may refuse"
        )
    if joining and not copy.has_probes:
        notes.append(
            "this kubectl has no `debug --keep-readiness` (1.31 has): the copy counts as ready as soon as its "
            "containers run, perhaps before the application serves"
        )
    return tuple(notes)
