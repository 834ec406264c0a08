"""docs/explain.md and the guide's example, held against what `explain` prints."""

from kubectl_netshoot.packets.ledger import WORST_FIRST
from kubectl_netshoot.packets.render.json_report import SCHEMA, document
from tests.unit.packets.render.golden import GOLDENS
from tests.unit.packets.render.reports import STEPS, everything, teller
from tools.markdown import GUIDE, Document, code

REFERENCE = Document("docs/explain.md")
PRINTED = document(teller(everything()), None)


def described(heading: str) -> dict[str, list[str]]:
    """Id to parameters, as the table below this heading has them."""
    return {code(row[0])[0]: code(row[-1]) for row in REFERENCE.table(heading)}


def printed(parts: list[dict[str, object]]) -> dict[str, list[str]]:
    return {str(part["id"]): list(part["parameters"]) for part in parts}  # type: ignore[call-overload]


def test_the_keys_are_described() -> None:
    assert [code(row[0])[0] for row in REFERENCE.table("The JSON of `explain`")] == list(PRINTED)
    assert f"`{SCHEMA}`" in REFERENCE.text


def test_every_step_is_described_with_its_parameters() -> None:
    assert described("Steps") == printed(PRINTED["conversations"][0]["steps"])
    assert len(described("Steps")) == len(STEPS)


def test_every_finding_is_described_with_its_severity_and_parameters() -> None:
    assert described("Findings") == printed(PRINTED["findings"])
    severities = {code(row[0])[0]: row[1] for row in REFERENCE.table("Findings")}
    assert severities == {kind.id: kind.severity.value for kind in WORST_FIRST}


def test_the_example_is_what_is_printed() -> None:
    golden = (GOLDENS / "get.en.txt").read_text(encoding="utf-8")
    assert f"```text\n{golden}```\n" in GUIDE.text
