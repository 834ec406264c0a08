"""The load generator sees what a client would: on a pod's real sockets, and on servers that misbehave."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from fakecluster.builders import app, pod, service
from fakecluster.client import Api
from fakecluster.handle import ClusterProcess
from fakecluster.kubectl import Kubectl
from fakecluster.standins.ss import sockets
from fakecluster.timestamps import parse
from tests.system.chaos.backend import ANSWER, behind_service, read_request, reset
from tests.system.chaos.load import PLAIN, Clients, ClosedBy, Kind, Load, Outcome
from tests.waiting import until

PORT = 8080
PORTS = [{"containerPort": PORT, "protocol": protocol} for protocol in ("TCP", "UDP")]
LABELS = {"app": "web"}


@pytest.fixture
def patient(shared_cluster: ClusterProcess) -> Iterator[Load]:
    """Its clients never give a connection up."""
    with Load(shared_cluster.kubeconfig, life=(3600, 3600)) as load:
        yield load


@pytest.fixture
def serve(kubectl: Kubectl, load: Load) -> Callable[..., Clients]:
    """Pods with these names behind Service `web`, and its clients."""

    def start(*names: str, ports: bool = True, load: Load = load) -> Clients:
        container = app(**({"ports": PORTS} if ports else {}))
        kubectl.apply(
            *({"apiVersion": "v1", "kind": "Pod", **pod(name, container, labels=LABELS)} for name in names),
            {
                "apiVersion": "v1",
                "kind": "Service",
                **service("web", LABELS, ports=[{"name": "http", "port": 80, "targetPort": PORT}]),
            },
        )
        kubectl("wait", "--for=condition=Ready", "pod", "-l", "app=web", "--timeout=20s")
        return load.start(kubectl.namespace, "web", 80)

    return start


def answered_by(clients: Clients) -> set[str]:
    return {request.answered_by for request in clients.requests() if request.outcome is Outcome.OK}


def saw(clients: Clients, *outcomes: Outcome) -> None:
    """Wait until a request has ended so."""
    until(
        lambda: any(request.outcome in outcomes for request in clients.requests()),
        str(outcomes),
        lambda: clients.requests()[-5:],
    )


def test_all_endpoints_are_served_from_and_everything_is_recorded(serve: Callable[..., Clients]) -> None:
    clients = serve("one", "two")
    until(lambda: answered_by(clients) == {"one", "two"}, "both pods")
    until(lambda: {request.client for request in clients.requests()} == set(PLAIN), "both kinds of clients")
    record = clients.stop()
    assert record.failures() == []
    assert all(request.started <= request.ended for request in record.requests)
    assert all(c.closed and c.opened <= c.closed and c.closed_by == "client" for c in record.connections)
    for connection in record.connections:
        on_it = [r for r in record.requests if r.connection == connection.id]
        assert len(on_it) == connection.requests
        assert {r.backend for r in on_it} <= {connection.backend}
        assert connection.client is Kind.KEEP_ALIVE or connection.requests == 1
    assert max(connection.requests for connection in record.connections) > 1
    assert clients.count == len(record.requests)


def test_nobody_listens(serve: Callable[..., Clients]) -> None:
    clients = serve("deaf", ports=False)
    saw(clients, Outcome.REFUSED)
    record = clients.stop()
    assert {request.outcome for request in record.requests} <= {Outcome.REFUSED, Outcome.NO_ENDPOINT}
    assert all(f.backend.endswith(f":{PORT}") for f in record.failures() if f.outcome is Outcome.REFUSED)
    assert record.connections == ()


def test_a_killed_backend_is_noticed(
    serve: Callable[..., Clients], cluster: ClusterProcess, kubectl: Kubectl
) -> None:
    clients = serve("web")
    clients.wait_until_served()
    cluster.act("kill-container", namespace=kubectl.namespace, pod="web", exit_code=137)
    cluster.act("evict", namespace=kubectl.namespace, pod="web")
    saw(clients, Outcome.REFUSED, Outcome.NO_ENDPOINT)
    record = clients.stop()
    assert {c.closed_by for c in record.connections} & {"server", "reset"}


def test_a_node_that_falls_silent_keeps_its_clients_waiting(
    serve: Callable[..., Clients], cluster: ClusterProcess
) -> None:
    clients = serve("web")
    clients.wait_until_served()
    cluster.act("node-lost", node="k8s-node-1", silent=True)
    try:
        saw(clients, Outcome.TIMEOUT)
    finally:
        cluster.act("node-back", node="k8s-node-1")
    clients.wait_until_served()
    late = [r for r in clients.stop().failures() if r.outcome is Outcome.TIMEOUT]
    assert all((r.ended - r.started).total_seconds() > 4 for r in late)


def test_without_endpoints_there_is_nowhere_to_go(serve: Callable[..., Clients], kubectl: Kubectl) -> None:
    clients = serve("web")
    clients.wait_until_served()
    kubectl("label", "pod", "web", "app-")
    saw(clients, Outcome.NO_ENDPOINT)
    assert clients.stop().failures()[-1].connection == 0


def test_a_connection_outlives_its_place_in_the_slice(
    patient: Load, serve: Callable[..., Clients], cluster: ClusterProcess, kubectl: Kubectl
) -> None:
    clients = serve("web", load=patient)
    clients.wait_until_served()
    kubectl("label", "pod", "web", "app-")
    saw(clients, Outcome.NO_ENDPOINT)
    clients.wait_until_served()
    record = clients.stop()
    left = parse(cluster.history("endpointslices", namespace=kubectl.namespace)[-1]["time"])
    late = [
        r
        for r in record.requests
        if r.outcome is Outcome.OK and r.client is Kind.KEEP_ALIVE and r.started > left
    ]
    assert {r.answered_by for r in late} == {"web"}
    outlived = [c for c in record.connections if c.id in {r.connection for r in late} and c.opened < left]
    assert outlived
    assert {c.closed_by for c in outlived} == {"client"}


def _rst_at_once(connection: socket.socket) -> None:
    if read_request(connection):
        reset(connection)


def _half_an_answer(connection: socket.socket) -> None:
    if read_request(connection):
        connection.sendall(ANSWER[:-1])


def _no_answer(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def _server_error(connection: socket.socket) -> None:
    while read_request(connection):
        connection.sendall(ANSWER.replace(b"200 OK", b"500 Oh"))


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (_rst_at_once, Outcome.RESET),
        (_half_an_answer, Outcome.CUT),
        (_no_answer, Outcome.TIMEOUT),
        (_server_error, Outcome.BAD_STATUS),
    ],
)
def test_a_failure_has_its_name(
    load: Load, api: Api, namespace: str, behaviour: Callable[[socket.socket], None], outcome: Outcome
) -> None:
    with behind_service(api, namespace, behaviour):
        clients = load.start(namespace, "odd", 80)
        saw(clients, outcome)
        record = clients.stop()
    assert {request.outcome for request in record.requests} == {outcome}
    assert len(record.failures()) == len(record.requests) == clients.count


def _fin_when_asked_again(connection: socket.socket) -> None:
    """The second request on a connection crosses the server's FIN."""
    if read_request(connection):
        connection.sendall(ANSWER)
        read_request(connection)


def _rst_when_asked_again(connection: socket.socket) -> None:
    _fin_when_asked_again(connection)
    reset(connection)


@pytest.mark.parametrize(
    ("behaviour", "closed_by"), [(_fin_when_asked_again, "server"), (_rst_when_asked_again, "reset")]
)
def test_a_request_that_crosses_the_end_of_its_connection_is_sent_again(
    load: Load, api: Api, namespace: str, behaviour: Callable[[socket.socket], None], closed_by: str
) -> None:
    with behind_service(api, namespace, behaviour):
        clients = load.start(namespace, "odd", 80)
        saw(clients, Outcome.RETRIED)
        record = clients.stop()
    assert record.failures() == []
    connections = {connection.id: connection for connection in record.connections}
    for request in record.requests:
        assert (request.outcome is Outcome.RETRIED) == (request.first_connection != 0)
        if request.first_connection:
            assert connections[request.first_connection].closed_by == closed_by
            assert connections[request.connection].opened >= request.started


def _closes_after_each(connection: socket.socket) -> None:
    if read_request(connection):
        connection.sendall(ANSWER.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))


def test_a_server_may_close_when_it_has_answered(load: Load, api: Api, namespace: str) -> None:
    with behind_service(api, namespace, _closes_after_each):
        clients = load.start(namespace, "odd", 80)
        clients.wait_until_served(10)
        record = clients.stop()
    assert {request.outcome for request in record.requests} == {Outcome.OK}
    kept = [c for c in record.connections if c.client is Kind.KEEP_ALIVE]
    assert {(c.closed_by, c.requests) for c in kept} == {("server", 1)}


def test_a_service_without_that_port(load: Load, serve: Callable[..., Clients], kubectl: Kubectl) -> None:
    serve("web").stop()
    with pytest.raises(LookupError, match="no port 81"):
        load.start(kubectl.namespace, "web", 81).wait_until_served()


def test_every_kind_of_client_is_answered(
    shared_cluster: ClusterProcess, serve: Callable[..., Clients]
) -> None:
    with Load(shared_cluster.kubeconfig, mix=dict.fromkeys(Kind, 1)) as load:
        clients = serve("web", load=load)
        until(lambda: {r.client for r in clients.requests()} == set(Kind), "all kinds of clients")
        record = clients.stop()
    assert record.failures() == []
    assert {r.answered_by for r in record.requests} == {"web"}
    # The server has answered long before; what it wrote was fetched late.
    seconds = {r.client: (r.ended - r.started).total_seconds() for r in record.requests}
    assert min(seconds[kind] for kind in (Kind.LONG, Kind.HALF_CLOSED, Kind.SLOW_READER)) >= 1
    assert {c.client for c in record.connections} == set(Kind) - {Kind.UDP}


@pytest.mark.parametrize(
    ("kind", "state"),
    [(Kind.LONG, "ESTAB"), (Kind.HALF_CLOSED, "CLOSE-WAIT"), (Kind.SLOW_READER, "FIN-WAIT-1")],
)
def test_a_client_in_the_middle_of_something_is_cut_off_with_the_pod(
    shared_cluster: ClusterProcess, serve: Callable[..., Clients], kubectl: Kubectl, kind: Kind, state: str
) -> None:
    with Load(shared_cluster.kubeconfig, mix={kind: 1}) as load:
        clients = serve("web", load=load)
        address = kubectl("get", "pod", "web", "-o=jsonpath={.status.podIP}")

        def in_state() -> bool:
            return any(found == state for found, *_ in sockets("tcp", address))

        until(in_state, state)
        shared_cluster.act("evict", namespace=kubectl.namespace, pod="web")
        saw(clients, Outcome.CUT, Outcome.RESET)
        record = clients.stop()
    cut = next(r for r in record.requests if r.outcome.is_failure)
    ended = next(c for c in record.connections if c.id == cut.connection)
    assert ended.closed_by in (ClosedBy.SERVER, ClosedBy.RESET)


@pytest.mark.parametrize("kind", [Kind.CACHING, Kind.LATE])
def test_an_address_is_used_when_the_slices_no_longer_say_it(
    shared_cluster: ClusterProcess, serve: Callable[..., Clients], kubectl: Kubectl, kind: Kind
) -> None:
    with Load(shared_cluster.kubeconfig, proxy_delay=0, mix={kind: 3}) as load:
        clients = serve("web", load=load)
        clients.wait_until_served()
        kubectl("label", "pod", "web", "app-")
        saw(clients, Outcome.NO_ENDPOINT)
        record = clients.stop()
    left = parse(shared_cluster.history("endpointslices", namespace=kubectl.namespace)[-1]["time"])
    assert [c for c in record.connections if c.opened > left]
