"""What a report tells, in short, so that tests read well."""

import io

from kubectl_netshoot.packets import analysis
from kubectl_netshoot.packets.messages.kinds import FindingKind
from kubectl_netshoot.packets.report import Finding, Report


def explained(data: bytes, *, max_flows: int = analysis.DEFAULT_MAX_FLOWS) -> Report:
    """The report of a capture's bytes."""
    return analysis.analyse(io.BytesIO(data), max_flows=max_flows)


def steps(report: Report) -> list[list[tuple[str, tuple[int, ...]]]]:
    """For each conversation, its steps and their packets."""
    return [[(step.kind.id, step.packets) for step in talk.steps] for talk in report.conversations]


def found(report: Report) -> set[FindingKind]:
    """The ids of all findings."""
    return {finding.kind for finding in report.findings}


def finding(report: Report, kind: FindingKind) -> Finding:
    """The one finding of a kind."""
    (only,) = [one for one in report.findings if one.kind is kind]
    return only
