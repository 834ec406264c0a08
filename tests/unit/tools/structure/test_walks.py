"""What `python -m tools.structure` counts: the files that a function runs in, of a capture that is still there."""

from tools.structure.walks import explained


def test_the_walk_of_a_capture_goes_from_the_start_to_its_sentences() -> None:
    files = explained()
    assert {"__main__.py", "packets/read/text/reader.py", "packets/render/text.py"} <= set(files)
    # Imported by every command, and run by none that explains.
    assert "model.py" not in files
