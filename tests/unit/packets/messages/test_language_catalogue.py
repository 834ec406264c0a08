"""Every sentence that the code can say is in every catalogue, translated, and nothing else is."""

import string
from pathlib import Path

import polib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_netshoot.packets.messages.language import LANGUAGES, Language, translations
from tools.catalogue import CATALOGUES, spoken, update

TRANSLATED = LANGUAGES[1:]


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(CATALOGUES / f"{language}.po"))


def forms(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_there_is_a_catalogue_for_each_language_and_no_other() -> None:
    assert sorted(path.stem for path in CATALOGUES.glob("*.po")) == sorted(TRANSLATED)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated(language: str) -> None:
    translated = {(e.msgid, e.msgid_plural) for e in catalogue(language) if all(forms(e)) and not e.fuzzy}
    assert [sentence for sentence in spoken() if tuple(sentence) not in translated] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_entry_is_for_a_sentence_that_nobody_says(language: str) -> None:
    said = {tuple(sentence) for sentence in spoken()}
    assert [e.msgid for e in catalogue(language) if (e.msgid, e.msgid_plural) not in said or e.obsolete] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_those_of_the_original(language: str) -> None:
    """A plural may leave out of its singular what only names the number, so the plural's count."""
    for entry in catalogue(language):
        wanted = placeholders(entry.msgid_plural or entry.msgid)
        assert [form for form in forms(entry) if placeholders(form) != wanted] == [], entry.msgid


def test_a_singular_has_no_placeholder_that_its_plural_lacks() -> None:
    for one, many in spoken():
        assert not many or placeholders(one) <= placeholders(many), one


@pytest.mark.parametrize("language", TRANSLATED)
def test_there_are_as_many_forms_as_the_language_has(language: str) -> None:
    found = catalogue(language)
    count = int(found.metadata["Plural-Forms"].split("nplurals=")[1].split(";")[0])
    assert {len(entry.msgstr_plural) for entry in found if entry.msgid_plural} == {count}


@pytest.mark.parametrize("language", TRANSLATED)
def test_we_read_what_an_established_reader_reads(language: str) -> None:
    ours = translations((CATALOGUES / f"{language}.po").read_text(encoding="utf-8"))
    for entry in catalogue(language):
        if entry.msgid_plural:
            assert ours.ngettext(entry.msgid, entry.msgid_plural, 2) == entry.msgstr_plural[0]
        else:
            assert ours.gettext(entry.msgid) == entry.msgstr


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1)


@given(st.dictionaries(WORDS, WORDS, max_size=5), st.sampled_from([0, 20, 78]))
def test_any_catalogue_is_read_as_it_was_written(pairs: dict[str, str], wrap: int) -> None:
    written = polib.POFile(wrapwidth=wrap)
    written.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": "nplurals=1; plural=0;"}
    written.extend(polib.POEntry(msgid=original, msgstr=pairs[original]) for original in pairs)
    ours = translations(str(written))
    assert {original: ours.gettext(original) for original in pairs} == pairs


def test_english_is_what_stands_in_the_code() -> None:
    assert (
        Language("en").say("{who} asks for {name} ({type})", who="X", name="db", type="A")
        == "X asks for db (A)"
    )


def test_a_number_takes_the_form_that_fits_it() -> None:
    said = {
        tag: [Language(tag).count("{number} packet", "{number} packets", number) for number in (0, 1, 2)]
        for tag in LANGUAGES
    }
    assert said == {"en": ["0 packets", "1 packet", "2 packets"], "zh": ["0 个包", "1 个包", "2 个包"]}


def test_the_tool_adds_what_is_missing_and_takes_away_what_is_not_said(tmp_path: Path) -> None:
    path = tmp_path / "xx.po"
    path.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "gone"\nmsgstr "x"\n\n'
        'msgid "Protocol"\nmsgstr "P"\n'
    )
    update(path)
    found = {(entry.msgid, entry.msgid_plural): entry.msgstr for entry in polib.pofile(str(path))}
    assert set(found) == {tuple(sentence) for sentence in spoken()}
    assert found["Protocol", ""] == "P"
