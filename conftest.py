"""What holds for every test."""

import os
import signal
import sys

import pytest
from hypothesis import settings

# Generated cases are the same in every run, and none is stored: a failure shows the case itself.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")
pytest_plugins = ["tools.prerequisites.pytest_plugin"]


# Images of Python often set it; then every child would compile what it imports, and every worker all tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two workers more than there are cores, since sessions mostly wait."""
    return (os.cpu_count() or 1) + 2


def pytest_configure() -> None:
    """Children inherit what is ignored, and a shell starts what is in its background (`&`, nohup) without signals."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _home_is_a_trap(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the kubeconfig, the caches or the settings of whoever runs it, or writes there."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(home))
    ours = [name for name in os.environ if name.startswith("KUBECTL_NETSHOOT_")]
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", *ours):
        monkeypatch.delenv(name, raising=False)
