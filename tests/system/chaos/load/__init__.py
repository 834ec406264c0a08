"""Clients that keep sending through a Service, as kube-proxy would carry them, and remember each request.

with Load(kubeconfig) as load:
    clients = load.start(namespace, service, port)
    clients.wait_until_served()
    ...
    record = clients.stop()
"""

from tests.system.chaos.load.clients import Clients
from tests.system.chaos.load.habits import PATIENT, PLAIN, Mix, Range
from tests.system.chaos.load.load import Load
from tests.system.chaos.load.records import ClosedBy, Connection, Kind, Outcome, Record, Request

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
