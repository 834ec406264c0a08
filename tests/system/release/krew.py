"""What krew does with a manifest and an archive, after its own source (internal/index/validation, installation).

Rules are checked as krew checks them, then the stricter ones of krew-index's reviewers.
"""

import hashlib
import re
import tarfile
from itertools import product
from pathlib import Path, PurePosixPath
from typing import Any

API_VERSION = "krew.googlecontainertools.github.com/v1alpha2"
# Those that krew is built for: no selector may match none of them, and no two of them one (cmd/validate-krew-manifest).
MACHINES = (
    *product(("linux", "darwin", "windows"), ("386", "amd64", "arm64")),
    ("linux", "arm"),
    ("linux", "ppc64le"),
)
# Names that Windows keeps for devices.
DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)),
}
# semver.org's own expression, after the `v` that krew wants.
VERSION = re.compile(
    r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?"
)
Machine = tuple[str, str]


def faults(manifest: Any, name: str) -> list[str]:
    """Every rule that a manifest in a file of this name breaks."""
    spec = manifest["spec"]
    rules = {
        "apiVersion": manifest["apiVersion"] == API_VERSION,
        "kind": manifest["kind"] == "Plugin",
        "name": manifest["metadata"]["name"] == name and is_safe(name),
        "version": VERSION.fullmatch(spec["version"]) is not None,
        "short description": 0 < len(spec["shortDescription"]) <= 50 and "\n" not in spec["shortDescription"],
        "description": bool(spec["description"].strip()),
        "description's width": all(len(line) <= 80 for line in spec["description"].splitlines()),
        "description without usage": "kubectl netshoot" not in spec["description"],
        "caveats' width": all(len(line) <= 80 for line in spec.get("caveats", "").splitlines()),
        "homepage": spec["homepage"].startswith("https://"),
        "platforms": bool(spec["platforms"]),
        "overlap": all(len(serving(manifest, machine)) <= 1 for machine in MACHINES),
        "unused": all(any(p in serving(manifest, m) for m in MACHINES) for p in spec["platforms"]),
        "arch that does not matter": len(archives(manifest)) > 1 or "arch" not in str(spec["platforms"]),
    }
    broken = [rule for rule, kept in rules.items() if not kept]
    return broken + [fault for platform in spec["platforms"] for fault in platform_faults(platform)]


def is_safe(name: str) -> bool:
    """Whether it can name a plugin, and its file on every system."""
    return re.fullmatch(r"[\w-]+", name, re.ASCII) is not None and name.lower() not in DEVICES


def archives(manifest: Any) -> set[str]:
    """The addresses of all archives: one alone runs on every machine, and its platform needs no list of them."""
    return {platform["uri"] for platform in manifest["spec"]["platforms"]}


def platform_faults(platform: Any) -> list[str]:
    """Every rule that one entry of `platforms` breaks."""
    selector, files = platform["selector"], platform.get("files")
    keys = {*selector.get("matchLabels", {}), *(rule["key"] for rule in selector.get("matchExpressions", []))}
    rules = {
        "uri": platform["uri"].startswith("https://") and platform["uri"].endswith((".tar.gz", ".zip")),
        "sha256": re.fullmatch("[a-f0-9]{64}", platform["sha256"]) is not None,
        "bin": bool(platform["bin"]),
        "files": files is None or (files and all(f.get("from") and is_clean(f.get("to", "")) for f in files)),
        "selector": bool(keys) and keys <= {"os", "arch"},
    }
    return [rule for rule, kept in rules.items() if not kept]


def is_clean(path: str) -> bool:
    """Whether a target stays below the folder, and is written as Go's filepath.Clean would."""
    return bool(path) and str(PurePosixPath(path)) == path and ".." not in path and not path.startswith("/")


def serving(manifest: Any, machine: Machine) -> list[Any]:
    """The platforms whose selector takes this machine."""
    labels = dict(zip(("os", "arch"), machine, strict=True))
    return [p for p in manifest["spec"]["platforms"] if selects(p["selector"], labels)]


def selects(selector: Any, labels: dict[str, str]) -> bool:
    """Kubernetes' label selector, as far as manifests use it."""
    wanted = selector.get("matchLabels", {})
    rules = selector.get("matchExpressions", [])
    verdicts = {
        "In": lambda value, values: value in values,
        "NotIn": lambda value, values: value not in values,
    }
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        verdicts[rule["operator"]](labels[rule["key"]], rule["values"]) for rule in rules
    )


def install(manifest: Any, archive: Path, root: Path, machine: Machine) -> Path:
    """Install as `krew install --manifest --archive` does into KREW_ROOT; returns the link that is made."""
    (platform,) = serving(manifest, machine)
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == platform["sha256"]
    name, version = manifest["metadata"]["name"], manifest["spec"]["version"]
    unpacked, store = root / "staging", root / "store" / name / version
    unpack(archive, unpacked)
    store.mkdir(parents=True)
    for file in platform["files"]:
        found = sorted(unpacked.glob(file["from"]))
        assert found, file
        for path in found:
            target = store / file["to"] / path.name if file["to"] == "." else store / file["to"]
            path.rename(target)
    link = root / "bin" / f"kubectl-{name.replace('-', '_')}"
    link.parent.mkdir()
    link.symlink_to(store / platform["bin"])
    return link


def unpack(archive: Path, folder: Path) -> None:
    """Plain files with their modes; anything else stops krew."""
    with tarfile.open(archive, "r:gz") as packed:
        for member in packed:
            assert member.isreg(), member.name
            assert is_clean(member.name), member.name
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            content = packed.extractfile(member)
            assert content is not None
            target.write_bytes(content.read())
            target.chmod(member.mode)
