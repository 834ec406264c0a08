"""What the program and its children see of the Python around the zipapp: the standard library, no more."""

from pathlib import Path

from tests.system.artefact.probe import Probe


def test_pythonpath_cannot_shadow_the_program(probe: Probe, tmp_path: Path) -> None:
    for name in ("kubectl_netshoot", "told", "start", "_bootstrap"):
        (tmp_path / "shadow" / name).mkdir(parents=True)
        (tmp_path / "shadow" / name / "__init__.py").write_text("raise SystemExit('shadowed')\n")
    probe.environ["PYTHONPATH"] = str(tmp_path / "shadow")
    seen = probe.look()
    assert str(tmp_path / "shadow") not in seen["path"]


def test_nothing_but_the_bundle_and_the_standard_library_can_be_imported(probe: Probe) -> None:
    bundle, *rest = probe.look()["path"]
    assert Path(bundle, "kubectl_netshoot").is_dir()
    assert rest
    assert not [path for path in rest if "site-packages" in path or path == str(probe.zipapp)]


def test_children_inherit_neither_pythonpath_nor_shiv(probe: Probe, tmp_path: Path) -> None:
    probe.environ |= {"PYTHONPATH": str(tmp_path), "SHIV_ROOT": str(tmp_path), "KEPT": "1"}
    environ = probe.look()["environ"]
    assert environ["KEPT"] == "1"
    assert not [name for name in environ if name == "PYTHONPATH" or name.startswith("SHIV_")]


def test_shiv_variables_do_not_change_what_runs(probe: Probe, tmp_path: Path) -> None:
    probe.environ |= {
        "SHIV_ENTRY_POINT": "os:abort",
        "SHIV_INTERPRETER": "1",
        "SHIV_ROOT": str(tmp_path / "s"),
    }
    probe.look()
    assert not (tmp_path / "s").exists()


def test_the_programs_status_is_the_process_s(probe: Probe) -> None:
    assert probe.run("fail").returncode == 3
