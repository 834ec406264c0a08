"""The reasons for silence, from what the plan knows: each place and what is said of it first."""

from dataclasses import replace

import pytest

from kubectl_netshoot.commands.capture.recording import CapturePoint, why_silent

LIVE = CapturePoint(live=True, interface="any")
JOINED = CapturePoint(live=False, interface="any", joined=("web: about 1 of 4",))
PLAIN = CapturePoint(live=False, interface="any")
AFFINITY = ("no-traffic", "service/web: sessionAffinity ClientIP")
LOCAL = ("no-traffic", "service/web: externalTrafficPolicy Local")
MESH = ("mesh", "the pod has the Istio sidecar istio-proxy")
POLICY = ("network-policy", "networkpolicy/only-web holds for the copy")
PDB = ("pdb", "pdb/web counts the copy")


@pytest.mark.parametrize(
    ("place", "first", "others"),
    [
        (LIVE, "nothing is sent to the pod", []),
        (PLAIN, "a plain copy is in no Service", []),
        (JOINED, "only new connections come (web: about 1 of 4)", []),
        (replace(JOINED, filter=("port", "80")), "the filter, 'port 80', matches nothing", ["only new"]),
        (replace(JOINED, hazards=(AFFINITY,)), "only new", ["sessionAffinity ClientIP"]),
        (replace(JOINED, hazards=(LOCAL, POLICY)), "only new", ["Policy Local", "only-web"]),
        (replace(JOINED, hazards=(MESH,)), "only new", ["mesh: the pod has the Istio sidecar"]),
        (replace(LIVE, hazards=(MESH,)), "nothing is sent", ["Istio sidecar"]),
        (replace(LIVE, interface="eth1"), "nothing is sent", ["take another interface than eth1"]),
        (replace(JOINED, hazards=(PDB,)), "only new", []),
    ],
)
def test_reasons(place: CapturePoint, first: str, others: list[str]) -> None:
    reasons = why_silent(place)
    assert reasons[0].startswith(first)
    assert len(reasons) == 1 + len(others)
    for words, reason in zip(others, reasons[1:], strict=True):
        assert words in reason
