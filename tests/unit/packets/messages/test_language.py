"""Which language a locale asks for."""

import pytest

from kubectl_netshoot.packets.messages.language import preferred

LOCALES = [
    ({}, "en"),
    ({"LANG": "zh_CN.UTF-8"}, "zh"),
    ({"LANG": "zh_TW.UTF-8"}, "zh"),
    ({"LANG": "zh"}, "zh"),
    ({"LANG": "zh@pinyin"}, "zh"),
    ({"LANG": "en_US.UTF-8"}, "en"),
    ({"LANG": "de_DE.UTF-8"}, "en"),
    ({"LANG": "zha_CN"}, "en"),
    ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
    ({"LC_ALL": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
    ({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh"),
    ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
    ({"LC_ALL": "C.UTF-8", "LANGUAGE": "zh"}, "en"),
    ({"LANG": "POSIX", "LANGUAGE": "zh"}, "en"),
    ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:zh:en"}, "zh"),
    ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh"}, "en"),
    ({"LANG": "zh_CN.UTF-8", "LANGUAGE": ""}, "zh"),
    ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "::"}, "zh"),
    ({"LANGUAGE": "zh"}, "en"),
]


@pytest.mark.parametrize(("environ", "language"), LOCALES)
def test_the_language_of_a_locale(environ: dict[str, str], language: str) -> None:
    assert preferred(environ) == language
