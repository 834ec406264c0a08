"""Real packets of every scene that the analysis knows, told in every form and language: nothing is left unsaid."""

import io

import pytest

from kubectl_netshoot.packets.analysis import analyse
from kubectl_netshoot.packets.messages.language import LANGUAGES, Language
from kubectl_netshoot.packets.render.phrases import Teller, Voice
from tests.unit.packets.render.test_phrases_secrets import FORMS
from tests.unit.packets.scenes import FAMILIES, SCENES
from tests.unit.packets.traffic import capture


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", SCENES)
def test_a_scene_is_told(name: str, family: str) -> None:
    played = SCENES[name](FAMILIES[family])
    report = analyse(io.BytesIO(capture(played.packets, times=played.times)))
    for language in LANGUAGES:
        told = Teller(report, Voice(Language(language)))
        headlines = [told.headline(finding) for finding in report.findings]
        unknown = told.voice.language.say("unknown")
        forms = {form: tell(told) for form, tell in FORMS.items()}
        assert [headline for headline in headlines if headline not in forms["text"]] == []
        assert [form for form in ("text", "ladder") if "{" in forms[form] or unknown in forms[form]] == []
