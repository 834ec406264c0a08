"""What the zipapp leaves out is not needed to explain a capture: all scenes are explained from its files alone."""

import bz2
import gzip
import io
import json
import lzma
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubectl_netshoot.packets.analysis import analyse
from kubectl_netshoot.packets.messages.language import LANGUAGES, Language
from kubectl_netshoot.packets.render.json_report import document
from kubectl_netshoot.packets.render.phrases import Teller, Voice
from tests.system.artefact.unpacked import run_with
from tests.unit.packets.read.text.test_reader import PAGE
from tests.unit.packets.scenes import FAMILIES, SCENES
from tests.unit.packets.services import IN_ORDER, REFUSED
from tests.unit.packets.traffic import LINKS, capture, get_root

# The same as `told` does, in a Python that has nothing but the zipapp's files and the standard library.
CODE = """
import io, json, pathlib
from kubectl_netshoot.packets.analysis import analyse
from kubectl_netshoot.packets.render.json_report import document
from kubectl_netshoot.packets.render.page import page
from kubectl_netshoot.packets.render.text import text
from kubectl_netshoot.packets.render.phrases import Voice
from kubectl_netshoot.packets.messages.language import Language
from kubectl_netshoot.packets.render.phrases import Teller
told = {}
for path in pathlib.Path(sys.argv[1]).iterdir():
    try:
        report = analyse(io.BytesIO(path.read_bytes()))
        for language in sys.argv[2:]:
            teller = Teller(report, Voice(Language(language)))
            assert text(teller, 100, None, False) and text(teller, 100, None, True) and page(teller, None)
            told[path.name + " " + language] = document(teller, None)
    except Exception as error:
        told[path.name] = repr(error)
print(json.dumps(told))
"""


def captures() -> Iterator[tuple[str, bytes]]:
    """Every scene in both families, every protocol, every link, every form of a file."""
    for name, play in SCENES.items():
        for family, ends in FAMILIES.items():
            one = play(ends)
            yield f"{name}-{family}", capture(one.packets, times=one.times)
    for name, (exchange, _) in IN_ORDER.items():
        yield f"in-order-{name}", capture(exchange.play().packets)
    for name, (exchange, _) in REFUSED.items():
        yield f"refused-{name}", capture(exchange.play().packets)
    for link in LINKS:
        yield f"link-{link}", capture(get_root(), link=link)
    plain = capture(get_root())
    yield from {
        "gzip": gzip.compress(plain),
        "bzip2": bz2.compress(plain),
        "xz": lzma.compress(plain),
    }.items()
    yield "text", PAGE.encode()


def told(data: bytes, language: str) -> object:
    document_ = document(Teller(analyse(io.BytesIO(data)), Voice(Language(language))), None)
    return json.loads(json.dumps(document_))


@pytest.fixture(scope="module")
def from_the_zipapp(site: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("captures")
    for name, data in captures():
        (folder / name).write_bytes(data)
    found: dict[str, object] = run_with(site, CODE, str(folder), *LANGUAGES)
    return found


def test_every_capture_is_explained_by_the_files_of_the_zipapp_as_by_ours(
    from_the_zipapp: dict[str, object],
) -> None:
    expected = {
        f"{name} {language}": told(data, language) for name, data in captures() for language in LANGUAGES
    }
    assert set(from_the_zipapp) == set(expected), {
        k: v for k, v in from_the_zipapp.items() if isinstance(v, str)
    }
    assert [name for name, said in expected.items() if from_the_zipapp[name] != said] == []
