"""What the sidecar of an imported layer says, and what only a person can tell for it."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from geoplan.exchange.asking.findings import Findings, Option, Question
from geoplan.exchange.asking.remarks import refused
from geoplan.exchange.files.writing import toml_text
from geoplan.exchange.incoming.consequences import LICENCE, Origin
from geoplan.plan.layers import GEOMETRY_BASES, Layer
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both

_BASES = {
    "published": Both("公布", "published"), "derived": Both("推导", "derived"),
    "approximate": Both("示意", "approximate"),
}  # fmt: skip
_ACCURACY_M = "100"
_SOURCES = re.compile(r"(?m)^(source_id\s*=\s*\[)([^\]]*)\]")


def asked_facts(role: str, findings: Findings) -> dict[str, Any]:
    """What a sidecar must say and no file does; usual values stand until they are changed."""
    usual = "published" if role == "districts" else "approximate"
    basis = findings.ask(
        Question(
            "geometry_basis", Both("图形依据？", "What do the shapes rest on?"),
            tuple(Option(code, _BASES[code]) for code in GEOMETRY_BASES), usual, is_blocking=False,
        )
    )  # fmt: skip
    accuracy = findings.ask(
        Question(
            "accuracy_m", Both("图形精度(米)？", "Accuracy of the shapes in metres?"), (),
            _ACCURACY_M, is_open_ended=True, is_blocking=False,
        )
    )  # fmt: skip
    facts: dict[str, Any] = {"geometry_basis": basis}
    try:
        facts["accuracy_m"] = float(accuracy)
    except ValueError as error:
        raise refused(
            findings.file, "answer.wrong", id="accuracy_m", value=accuracy, known=_ACCURACY_M
        ) from error
    if role == "districts":
        facts |= _asked_start(findings)
    return facts


def _asked_start(findings: Findings) -> dict[str, date]:
    """From which day district boundaries are valid."""
    answer = findings.ask(
        Question(
            "valid_from",
            Both("这套区划边界自哪一天起有效？(年-月-日)",
                 "From which day are these boundaries valid? (YYYY-MM-DD)"),
            (), is_open_ended=True,
        )
    )  # fmt: skip
    if not answer:
        return {}
    try:
        return {"valid_from": date.fromisoformat(answer)}
    except ValueError as error:
        raise refused(
            findings.file, "answer.wrong", id="valid_from", value=answer, known="2021-04-09"
        ) from error


def new_sidecar(
    name: str, role: str, key: str, source: str, origin: Origin, facts: Mapping[str, Any]
) -> str:
    """The sidecar of a new layer."""
    title = origin.facts.get("title_zh") or name
    said: dict[str, Any] = {
        "title_zh": title,
        "title_en": origin.facts.get("title_en") or title,
        "role": role,
        "key": key,
        "source_id": [source],
        "licence": origin.facts.get("licence") or LICENCE,
        "datum": "WGS 84",
        **facts,
        "coverage": role == "districts",
        "accessed": origin.today,
        "note_zh": f"导入自文件 {origin.file}。规划示意，非测绘成果。",
        "note_en": f"Imported from {origin.file}. A sketch for planning, not a survey.",
    }
    return toml_text(said)


def with_source(text: str, source: str) -> str:
    r"""A sidecar that names one source more; everything else as it was.

    Examples
    --------
    >>> with_source('key = "id"\nsource_id = ["a"]\n', "b")
    'key = "id"\nsource_id = ["a", "b"]\n'
    """
    found = _SOURCES.search(text)
    if found is None or f'"{source}"' in found[2]:
        return text
    listed = f'{found[2].rstrip(", ")}, "{source}"' if found[2].strip() else f'"{source}"'
    return f"{text[: found.start()]}{found[1]}{listed}]{text[found.end() :]}"


def closed_vintages(plan: Plan, start: object) -> dict[str, bytes]:
    """Sidecars of the district layers that end where new boundaries begin."""
    if not isinstance(start, date):
        return {}
    return {layer.sidecar: _ended(plan, layer, start) for layer in _open_on(plan, start)}


def _open_on(plan: Plan, day: date) -> list[Layer]:
    return [
        x for x in plan.layers_of("districts") if x.is_valid_on(day) and "valid_to" not in x.facts
    ]


def _ended(plan: Plan, layer: Layer, start: date) -> bytes:
    text = (plan.folder / layer.sidecar).read_text("utf-8")
    # Before the first table of the file, if it has any: keys after one belong to it.
    line = f"valid_to = {start - timedelta(days=1)}\n"
    return re.sub(r"(?m)^(?=role\s*=)", line, text, count=1).encode()
