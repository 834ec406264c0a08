"""Imports that the build moves into functions: the same names, later, and nothing that it does not understand."""

import sys
from io import BytesIO
from typing import Any

import pytest

from tools.zipapp.defer import CannotDefer, deferred_source

SOURCE = '''"""Kept."""
import colorsys
from wave import open
import json.decoder

class Late:
    def method(self, value):
        """Says."""
        def inner():
            return colorsys.rgb_to_hls(*value)
        return inner()

def both(value):
    if value is not None: return colorsys, open(value)
    return json.decoder.JSONDecoder

def neither():
    return 1
'''


def test_a_name_is_imported_when_a_function_that_uses_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("colorsys", "wave"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    found: dict[str, Any] = {}
    exec(deferred_source(SOURCE, ("colorsys", "open", "json")), found)
    assert not {"colorsys", "json"} & found.keys()
    assert found["neither"]() == 1
    assert "colorsys" not in sys.modules
    assert found["Late"]().method((0, 0, 0)) == (0.0, 0.0, 0.0)
    assert "wave" not in sys.modules
    with pytest.raises(EOFError):
        found["both"](BytesIO())
    assert "wave" in sys.modules
    assert found["both"](None).__name__ == "JSONDecoder"


def test_everything_else_stays_as_it_is() -> None:
    changed = deferred_source(SOURCE, ("colorsys",))
    assert [line for line in changed.splitlines() if "import colorsys" not in line] == [
        line for line in SOURCE.splitlines() if line != "import colorsys"
    ]


@pytest.mark.parametrize(
    "source",
    [
        "import os, json\n",
        "from json import dumps, loads as json\n",
        "if True:\n    import json\n",
        "import json\nVALUE = json.dumps(1)\n",
        "import json\nclass Early:\n    value = json\n",
        "import json\n@json.decorator\ndef function(): ...\n",
        "import json\ndef function(value=json): ...\n",
        "import json\ndef function(value: json.Type): ...\n",
        "import json\ndef function() -> json.Type: ...\n",
        "from json import dumps as json\nclass Late(json): ...\n",
        "from json import dumps as json\ndef function(): return json\n",
        "from json import dumps as json\ntry: ...\nexcept json: ...\n",
    ],
)
def test_what_is_used_early_or_otherwise_or_imported_with_others_stops_the_build(source: str) -> None:
    with pytest.raises(CannotDefer):
        deferred_source(source, ("json",))
