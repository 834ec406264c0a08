"""Clients that keep sending through a Service, as kube-proxy would carry them, and remember each request.

with Load(kubeconfig) as load:
    clients = load.start(namespace, service, port)
    clients.wait_until_served()
    ...
    record = clients.stop()
"""

from tests.chaos.load.clients import Clients
from tests.chaos.load.habits import PATIENT, PLAIN, Mix, Range
from tests.chaos.load.load import Load
from tests.chaos.load.records import ClosedBy, Connection, Kind, Outcome, Record, Request

__all__ = [
    "PATIENT",
    "PLAIN",
    "Clients",
    "ClosedBy",
    "Connection",
    "Kind",
    "Load",
    "Mix",
    "Outcome",
    "Range",
    "Record",
    "Request",
]
