"""Requests of the debug container: what is a quantity, and limits that are never below."""

import pytest

from kubectl_netshoot.errors import UsageError
from kubectl_netshoot.rules.container import RESOURCES, container_resources, parse_requests

GOOD = [
    ("", {}),
    ("cpu=10m", {"cpu": "10m"}),
    ("cpu=0.5,memory=1Gi", {"cpu": "0.5", "memory": "1Gi"}),
    ("memory=64M,ephemeral-storage=0.5k", {"memory": "64M", "ephemeral-storage": "0.5k"}),
    ("cpu=0", {"cpu": "0"}),
]
BAD = [
    ("cpu", "is not NAME=QUANTITY"),
    ("cpu=1,cpu=2", "each name once"),
    ("cpu=1,", "is not NAME=QUANTITY"),
    ("gpu=1", "'gpu' is not one of cpu, memory, ephemeral-storage"),
    ("CPU=1", "'CPU' is not one of"),
    ("cpu=-1", "cpu '-1' is not a quantity"),
    ("cpu= 1", "is not a quantity"),
    ("cpu=", "is not a quantity"),
    ("cpu=1core", "is not a quantity"),
    ("memory=1kib", "is not a quantity"),
    ("memory=32m", "memory '32m' is not a whole number of bytes"),
    ("memory=1.5", "is not a whole number of bytes"),
    ("memory=\x1b[2J", "is not a quantity"),
    (f"cpu={'9' * 40}", "is not a quantity"),
]
# What is asked for, and the limits that come out of it.
LIMITS = [
    ("", RESOURCES["limits"]),
    ("cpu=500m", {"cpu": "500m", "memory": "256Mi"}),
    ("cpu=501m", {"cpu": "501m", "memory": "256Mi"}),
    ("cpu=0.6", {"cpu": "0.6", "memory": "256Mi"}),
    ("memory=256M", {"cpu": "500m", "memory": "256Mi"}),
    ("memory=269M", {"cpu": "500m", "memory": "269M"}),
    ("memory=1Gi,cpu=2", {"cpu": "2", "memory": "1Gi"}),
    ("ephemeral-storage=1Gi", RESOURCES["limits"]),
]


@pytest.mark.parametrize(("text", "requests"), GOOD)
def test_requests(text: str, requests: dict[str, str]) -> None:
    assert parse_requests(text, "--requests") == requests


@pytest.mark.parametrize(("text", "says"), BAD)
def test_what_is_none(text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_requests(text, "--requests")
    assert caught.value.message.startswith("--requests: ")
    assert says in caught.value.message


@pytest.mark.parametrize(("text", "limits"), LIMITS)
def test_no_limit_is_below_its_request(text: str, limits: dict[str, str]) -> None:
    assert container_resources(parse_requests(text, ""))["limits"] == limits


def test_what_is_not_asked_for_is_ours() -> None:
    assert container_resources({"cpu": "1"})["requests"] == {"cpu": "1", "memory": "32Mi"}
    assert container_resources({}) == RESOURCES
