"""What a file leaves out: filled from what is known, asked for, or the row is refused."""

import hashlib
from collections.abc import Mapping

import numpy as np

from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.asking.findings import LEAVE, Findings, Option, Question
from geoplan.exchange.asking.remarks import refused
from geoplan.exchange.asking.resemblance import name_key
from geoplan.exchange.incoming.identity import key_columns, recognise
from geoplan.exchange.sheets.assigning import column_of
from geoplan.exchange.sheets.reading import Records
from geoplan.exchange.sheets.titles import CITED
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import TABLES, VOCABULARIES, Column

_FILL = "fill"
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "enterprise_names": {"name_basis": "full"},
    "platform_names": {"name_basis": "full"},
    "indicators": {"kind": "level", "operator": "eq"},
    "sources": {"kind": "dataset"},
}
_OWN = ("id", "measure", *sorted(CITED))
"""Required columns that an import writes itself."""

_FILLED_DOWN = ("sector_id", "district_code", "plan_id")
_MOST_OPTIONS = 80


def fill_down(records: Records, findings: Findings) -> None:
    """Blank cells under a sector or district may mean “as above”: asked, and noted as inherited."""
    table = TABLES[records.table]
    for name in _FILLED_DOWN:
        texts = records.texts.get(name)
        if texts is None or not texts or not texts[0] or all(texts) or records.is_known.any():
            continue
        blank = [at for at, text in enumerate(texts) if not text and not records.is_refused[at]]
        if not blank:
            continue
        required = name in table.column_names and table.column(name).required
        column = column_of(records.table, name)
        answer = findings.ask(
            Question(
                f"fill:{name}",
                Both(f"“{column.zh}”有 {len(blank)} 格为空，是否承上(与上一行相同)？",
                     f"“{column.en}” is blank in {len(blank)} rows; is it the same as above?"),
                (Option(_FILL, Both("承上填写", "the same as above")),
                 Option(LEAVE, Both("留空", "leave it empty"))),
                _FILL if required else LEAVE, tuple(int(records.numbers[at]) for at in blank[:12]),
                len(blank), is_blocking=required,
            )
        )  # fmt: skip
        if answer == _FILL:
            inherited = records.inherited.setdefault(name, np.zeros(len(records), dtype=bool))
            for at in blank:
                texts[at] = texts[at - 1]
                inherited[at] = True
        elif not answer:
            records.is_waiting[blank] = True


def complete(
    records: Records, plan: Plan, directory: Directory, findings: Findings, *, header_unit: str = ""
) -> dict[str, str]:
    """Fill required columns that the file does not have, and refuse rows that miss one.

    Returns
    -------
    dict
        Column → text for new rows, where the file says nothing.
    """
    table = TABLES[records.table]
    defaults = dict(_DEFAULTS.get(records.table, {}))
    if records.table == "indicators":
        _complete_figures(records, plan, header_unit)
    required = [c.name for c in table.columns if c.required and c.name not in (*_OWN, *defaults)]
    recognise(records, plan, required)
    given = {name[4:]: value for name, value in findings.answers.items() if name.startswith("set:")}
    for column in table.columns:
        name = column.name
        if name in given and (name not in records.texts or not all(records.texts[name])):
            defaults[name] = _checked(column, given[name], directory, findings)
        elif name in records.texts or name in defaults or not column.required or name in _OWN:
            continue
        elif records.is_known.all():
            # Rows that the plan has keep what the file does not say.
            continue
        elif name == "plan_id" and len(directory.ids("plans")) == 1:
            defaults[name] = directory.ids("plans")[0]
        else:
            defaults[name] = _asked(column, records, directory, findings)
    for column in table.columns:
        if column.required and column.name not in _OWN and not defaults.get(column.name):
            _refuse_blank(column, records, findings)
    for name in [n for n in defaults if n in table.key or n in key_columns(records.table)]:
        texts = records.texts.get(name) or [""] * len(records)
        records.texts[name] = [
            text or ("" if is_known else defaults[name])
            for text, is_known in zip(texts, records.is_known, strict=True)
        ]
    return defaults


def _checked(column: Column, value: str, directory: Directory, findings: Findings) -> str:
    """The answer for a whole column as a text of that column."""
    if column.vocabulary:
        for code, names in VOCABULARIES[column.vocabulary].items():
            if value in (code, *names):
                return code
        known = ", ".join(VOCABULARIES[column.vocabulary])
        raise refused(
            findings.file, "answer.wrong", id=f"set:{column.name}", value=value, known=known
        )
    if column.references and column.references != "subject_kind":
        found = directory.find(column.references, value)
        if len(found.ids) != 1:
            known = ", ".join(directory.ids(column.references)[:_MOST_OPTIONS])
            raise refused(
                findings.file, "answer.wrong", id=f"set:{column.name}", value=value, known=known
            )
        return found.ids[0]
    return value


def _asked(column: Column, records: Records, directory: Directory, findings: Findings) -> str:
    """One value for all rows, where there is a list to choose from; else the file is refused."""
    options: list[Option] = []
    if column.vocabulary:
        options = [
            Option(code, Both(zh or code, en))
            for code, (zh, en) in VOCABULARIES[column.vocabulary].items()
        ]
    elif column.references in TABLES or column.references == "districts":
        ids = directory.ids(column.references)[:_MOST_OPTIONS]
        options = [Option(key, directory.label(column.references, key)) for key in ids]
    if not options:
        example = f"{column.zh}: {column.example}" if column.example else column.zh
        raise refused(
            findings.file, "column.missing", title=Both(column.zh, column.en), example=example,
            answer=f"set:{column.name}",
        )  # fmt: skip
    findings.ask(
        Question(
            f"set:{column.name}",
            Both(f"文件没有“{column.zh}”列，全部行的“{column.zh}”是什么？",
                 f"The file has no column “{column.en}”; what is it for all rows?"),
            tuple(options), count=len(records), is_open_ended=True,
        )
    )  # fmt: skip
    records.is_waiting[~records.is_known] = True
    return ""


def _refuse_blank(column: Column, records: Records, findings: Findings) -> None:
    texts = records.texts.get(column.name)
    if texts is None:
        return
    for at, text in enumerate(texts):
        left_out = records.is_refused[at] or records.is_waiting[at] or records.is_known[at]
        if not text and not left_out:
            example = column.example or Both(column.zh, column.en)
            findings.refuse(
                "value.required", int(records.numbers[at]), records.title(column.name), str(records.sheets[at]),
                example=example,
            )  # fmt: skip
            records.is_refused[at] = True


def _complete_figures(records: Records, plan: Plan, header_unit: str) -> None:
    """Reservations of a figure go to their own columns; its measure gets a code."""
    if records.is_known.any():
        return
    count = len(records)
    figures = records.figures.get("value", {})
    if "operator" not in records.texts:
        records.texts["operator"] = [
            figures[at].operator if at in figures else "eq" for at in range(count)
        ]
    if "value_high" not in records.texts and any(f.high is not None for f in figures.values()):
        from geoplan.exchange.sheets.parsing import number_text

        highs = {at: f.high for at, f in figures.items() if f.high is not None}
        records.texts["value_high"] = [
            number_text(float(highs[at])) if at in highs else "" for at in range(count)
        ]
    units = records.texts.get("unit") or [""] * count
    own = [figures[at].unit if at in figures else None for at in range(count)]
    records.texts["unit"] = [
        unit or (mine.name if mine is not None else header_unit)
        for unit, mine in zip(units, own, strict=True)
    ]
    if "measure" not in records.texts and "measure_zh" in records.texts:
        rows = plan.tables["indicators"].dropna(subset=["measure", "measure_zh"])
        known = {
            name_key(str(n)): str(m)
            for n, m in zip(rows["measure_zh"], rows["measure"], strict=True)
        }
        records.texts["measure"] = [
            known.get(name_key(text)) or _measure_code(text) if text else ""
            for text in records.texts["measure_zh"]
        ]


def _measure_code(text: str) -> str:
    return "measure-" + hashlib.sha256(name_key(text).encode()).hexdigest()[:10]
