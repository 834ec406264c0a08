"""Puts names back where a text had them in the place of addresses.

Hides that such a name was an address that is no host's while packets were understood.
"""

from collections.abc import Mapping
from dataclasses import replace

from kubectl_netshoot.explain.report import Conversation, Endpoint, Finding, Group, Report, Step, Value
from kubectl_netshoot.packets.internet import address


def named(report: Report, names: Mapping[bytes, str]) -> Report:
    """The report with the names of all addresses that have one."""
    return _Names(names).report(report) if names else report


class _Names:
    def __init__(self, names: Mapping[bytes, str]) -> None:
        self._names = {address(packed): name for packed, name in names.items()}

    def report(self, report: Report) -> Report:
        return replace(
            report,
            conversations=tuple(map(self._conversation, report.conversations)),
            findings=tuple(map(self._finding, report.findings)),
            groups=tuple(map(self._group, report.groups)),
        )

    def _conversation(self, talk: Conversation) -> Conversation:
        client, server = self._end(talk.client), self._end(talk.server)
        return replace(talk, client=client, server=server, steps=tuple(map(self._step, talk.steps)))

    def _group(self, group: Group) -> Group:
        return replace(group, client=self._end(group.client), server=self._end(group.server))

    def _step(self, step: Step) -> Step:
        return replace(step, parameters={key: self._value(value) for key, value in step.parameters.items()})

    def _finding(self, finding: Finding) -> Finding:
        parameters = {key: self._value(value) for key, value in finding.parameters.items()}
        return replace(finding, parameters=parameters)

    def _end(self, end: Endpoint) -> Endpoint:
        name = self._names.get(end.address)
        # A port whose name is not known is in the name.
        return end if name is None else replace(end, address=name, port=end.port or None)

    def _value(self, value: Value) -> Value:
        if isinstance(value, Endpoint):
            return self._end(value)
        if isinstance(value, tuple):
            return tuple(map(self._value, value))
        return self._names.get(value, value) if isinstance(value, str) else value
