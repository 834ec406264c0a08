"""What every suite may use."""

from pathlib import Path

import pytest

from tests.system.artefact.build import built_zipapp


@pytest.fixture(scope="session")
def zipapp() -> Path:
    """The built dist/kubectl-netshoot."""
    return built_zipapp()
