"""Lines of logs: which look like errors, how many, and how many a minute."""

from datetime import timedelta

import pytest

from kubectl_netshoot.rules.pod_state import LogCount, count, is_error, total
from tests.unit.builders import NOW

LINES = {
    "2026 ERROR: no database": True,
    "Traceback (most recent call last):": True,
    "panic: nil map": True,
    '10.0.0.7 - "GET / HTTP/1.1" 503 12 "-"': True,
    '10.0.0.7 - "GET /errors HTTP/1.1" 200 512 "-"': False,
    "terror": False,
    "all fine": False,
}


@pytest.mark.parametrize(("line", "is_one"), LINES.items())
def test_which_lines_look_like_errors(line: str, is_one: bool) -> None:
    assert is_error(line) == is_one


STAMP = "2026-05-04T12:00:30.123456789Z"


def test_lines_are_counted_with_their_rate() -> None:
    text = f"{STAMP} ERROR\n{STAMP} fine\n{STAMP} ERROR\n"
    assert count(text, NOW, NOW + timedelta(minutes=4), cut=False) == LogCount(3, 2, 0.5)
    assert count(text, NOW, NOW, cut=False) == LogCount(3, 2, 0.0)
    assert count("", NOW, NOW + timedelta(minutes=4), cut=False) == LogCount()


def test_of_a_log_that_goes_on_the_rate_is_that_of_what_was_read() -> None:
    text = f"{STAMP} ERROR\n{STAMP} fine\n2026-05-04T12:59:59Z ERR"
    assert count(text, NOW, NOW + timedelta(hours=1), cut=True) == LogCount(2, 1, 2.0, cut=True)
    assert count("ERROR no stamp\nx", NOW, NOW + timedelta(minutes=1), cut=True).cut


def test_several_containers_are_one_pod() -> None:
    assert total([LogCount(3, 2, 0.5), LogCount(1, 1, 0.25, cut=True)]) == LogCount(4, 3, 0.75, cut=True)
    assert total([]) == LogCount()
