"""The copy to ask for: the best profile that the API server accepts, and what there is to say of it."""

import contextlib
import json
import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kubectl_netshoot.cluster import Fetch, parse, try_create
from kubectl_netshoot.config import private_file
from kubectl_netshoot.copyspec import Copy, copied_pod, custom_container, unstarted
from kubectl_netshoot.errors import ApiError
from kubectl_netshoot.join import Expected, Hazard, starting
from kubectl_netshoot.kubectl import DebugHelp
from kubectl_netshoot.model import Birth, container_name
from kubectl_netshoot.profiles import Choice, choices, run_as
from kubectl_netshoot.request import SessionRequest, default_copy_name

from .accepting import Candidate
from .identity import whoami

NAME_LETTERS = 5


@dataclass(frozen=True)
class Proposal:
    """`refusals` are hazards that the API server itself named, or that this kubectl brings; `notes` what else must be
    known beforehand; `expected` is what the copy is held against.
    """

    copy: Copy
    choice: Choice
    notes: tuple[str, ...] = ()
    refusals: tuple[Hazard, ...] = ()
    expected: Expected | None = None


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
        basis, customizable = self._basis(source), "--custom" in self.debug.flags
        found = choices(
            self.request.profile, level, run_as(source["spec"]), self.debug.profiles, customizable
        )

        def made(choice: Choice) -> Copy:
            return replace(basis, profile=choice.profile, user=choice.user)

        answers: dict[str, dict[str, Any]] = {}

        def attempt(choice: Choice) -> Sequence[str]:
            answers.clear()
            answer = try_create(self.fetch, copied_pod(source, made(choice)))
            answers[choice.profile] = answer.object
            return answer.warnings

        accepted = Candidate("copy", "--name", attempt).first_accepted(found)
        choice = accepted.choice
        copy = made(choice)
        expected = self._expected(source, copy, answers.get(choice.profile))
        unready = starting(unstarted(source, copy)) if self.request.joining else ()
        proposal = self._proposal(copy, choice, accepted.notes)
        return replace(proposal, refusals=(*accepted.refusals, *unready), expected=expected)

    def _expected(self, source: Mapping[str, Any], copy: Copy, answer: Mapping[str, Any] | None) -> Expected:
        """The copy that is to come: as the server answered, where it did."""
        before, built = parse.pod(dict(source)), parse.pod(copied_pod(dict(source), copy))
        with contextlib.suppress(ApiError):
            if answer is not None:
                return Expected(before, parse.pod(dict(answer)), self.session, judged=True)
        return Expected(before, built, self.session)

    def _basis(self, sent: Mapping[str, Any]) -> Copy:
        metadata, spec = sent["metadata"], sent["spec"]
        request, flags, source = self.request, self.debug.flags, str(metadata["name"])
        letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(NAME_LETTERS))
        name = request.name or default_copy_name(source, letters)
        return Copy(
            source=source,
            name=name,
            image=request.image,
            profile="",
            birth=Birth(self.session, name, str(metadata.get("uid", "")), owner=whoami()),
            pull_policy=request.pull_policy,
            share_processes=request.share_processes,
            same_node=request.same_node,
            keep_readiness="--keep-readiness" in flags,
            keep_startup=request.joining and "--keep-startup" in flags,
            # kubectl changes a container, and an init container too, that has the name which it is given.
            container=container_name(
                {c["name"] for kind in ("containers", "initContainers") for c in spec.get(kind) or ()}
            ),
            custom=self.folder / "container.json" if "--custom" in flags else None,
            requests=request.requests,
        )

    def _proposal(self, copy: Copy, choice: Choice, notes: Sequence[str]) -> Proposal:
        if copy.custom:
            copy.custom.unlink(missing_ok=True)
            private_file(copy.custom, json.dumps(custom_container(copy)))
        return Proposal(copy, choice, (*choice.notes, *_lacking(copy, self.request.joining), *notes))


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
