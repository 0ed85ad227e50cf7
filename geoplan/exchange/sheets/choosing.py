"""Which sheet of a file is meant, as which table, and what of it is hidden."""

from collections.abc import Sequence

from geoplan.exchange.asking.findings import LEAVE, Findings, Option, Question, listed, row_numbers
from geoplan.exchange.asking.remarks import refused
from geoplan.exchange.office.cells import column_letters
from geoplan.exchange.sheets.grids import Book, Grid
from geoplan.exchange.sheets.headers import Header, find_header
from geoplan.exchange.sheets.reading import Records
from geoplan.exchange.sheets.sections import sections
from geoplan.exchange.sheets.templates import template_table
from geoplan.plan.problems import Both
from geoplan.schema import TABLES

_ALL_SHEETS = "*"
_DETECTED = (
    "projects", "enterprises", "platforms", "indicators", "hubs", "locations", "chain_gaps",
    "sectors", "segments", "measures", "platform_names", "enterprise_names", "sector_areas",
    "sector_firms", "platform_firms", "platform_sectors", "layout", "wings", "sector_links",
    "plans", "sources", "criteria", "rules",
)  # fmt: skip


def tell_encoding(book: Book, findings: Findings) -> None:
    """Show how a text table was read where nothing in it says so."""
    if book.encoding is None or book.encoding.is_certain:
        return
    texts = (
        v for row in book.grids[0].cells[:50] for v in row if isinstance(v, str) and not v.isascii()
    )
    findings.warn(
        "encoding.found", encoding=book.encoding.name, sample=next(texts, "")[:24], other=""
    )


def choose(book: Book, table: str, findings: Findings) -> tuple[str, list[tuple[Grid, Header]]]:
    """The table meant, and the sheets to read with their headers."""
    wanted = findings.answers.get("sheet", "")
    line = findings.answers.get("header", "")
    # Behind the sheet to fill in, a template has only explanations and lists.
    grids = book.grids[:1] if template_table(book.facts) else book.grids
    filled = [grid for grid in grids if len(grid.cells)]
    visible = [grid for grid in filled if not grid.is_hidden]
    hidden = [grid.name for grid in filled if grid.is_hidden]
    if wanted and wanted != _ALL_SHEETS:
        visible = [grid for grid in filled if grid.name == wanted]
        if not visible:
            known = listed([grid.name for grid in filled])
            raise refused(findings.file, "sheet.unknown", name=wanted, known=known)
    elif hidden:
        findings.warn("sheet.hidden", names=listed(hidden))
    if not visible:
        raise refused(findings.file, "sheet.none")
    number = int(line) if line.isdigit() else 0
    table = table or findings.answers.get("table", "") or _detect(visible, findings)
    headed = [
        (g, h) for g in visible for h in [find_header(g, table, line=number)] if h is not None
    ]
    if not headed:
        example = "、".join(
            c.zh for c in TABLES[table].columns if c.required and c.name != "source_id"
        )
        title = Both(TABLES[table].zh, table)
        raise refused(
            findings.file, "header.none", sheet=visible[0].name, table=title, example=example
        )
    chosen = _sheets(headed, table, wanted, findings)
    if number:
        return table, chosen
    parts = [part for grid, header in chosen for part in sections(grid, header, table)]
    for grid, header in parts if len(parts) > len(chosen) else []:
        first, last = (int(grid.numbers[at]) for at in (header.first, header.last))
        findings.warn("header.rows", sheet=grid.name, first=first, last=last)
    return table, parts


def _sheets(
    headed: Sequence[tuple[Grid, Header]], table: str, wanted: str, findings: Findings
) -> list[tuple[Grid, Header]]:
    """The sheet with the most columns known; asked where several are of the same form."""
    scores = [_score(header, table) for _, header in headed]
    best = max(scores)
    alike = [pair for pair, score in zip(headed, scores, strict=True) if score == best]
    if wanted == _ALL_SHEETS:
        return alike
    if len(alike) > 1:
        names = [grid.name for grid, _ in alike]
        options = (
            Option(_ALL_SHEETS, Both("全部", "all of them")),
            *(Option(n, Both(n, n)) for n in names),
        )
        answer = findings.ask(
            Question(
                "sheet",
                Both(f"有 {len(names)} 张工作表格式相同：{listed(names)}，读哪张？",
                     f"{len(names)} sheets have the same form: {listed(names)}; which one?"),
                options, _ALL_SHEETS, is_blocking=False,
            )
        )  # fmt: skip
        return alike if answer == _ALL_SHEETS else [p for p in alike if p[0].name == answer]
    others = [grid.name for grid, _ in headed if grid is not alike[0][0]]
    if others:
        findings.warn("sheet.chosen", name=alike[0][0].name, others=listed(others))
    return alike[:1]


def _score(header: Header, table: str) -> tuple[int, int]:
    """How many required and how many other fields a header names."""
    fields = {name for name, _ in header.fields(table).values()}
    if "years" in fields:
        fields |= {"year_start", "year_end"}
    if table in ("projects", "platforms", "enterprises", "hubs") and "position" in fields:
        fields |= {"lon", "lat"}
    required = {c.name for c in TABLES[table].columns if c.required}
    return len(fields & required), len(fields)


def _detect(grids: Sequence[Grid], findings: Findings) -> str:
    """The table whose columns the header names best."""
    ranked: dict[str, tuple[float, int, int]] = {}
    for table in _DETECTED:
        own = {"id", "source_id", "basis", "plan_id", "operator", "kind", "measure"}
        needed = {c.name for c in TABLES[table].columns if c.required} - own
        for grid in grids:
            header = find_header(grid, table)
            if header is None:
                continue
            required, known = _score(header, table)
            share = required / max(len(needed), 1)
            ranked[table] = max(ranked.get(table, (0.0, 0, 0)), (min(share, 1.0), known, required))
    sure = {table: score for table, score in ranked.items() if score[0] >= 0.5}
    if not sure:
        title = Both("任何一张表", "any table")
        example = "项目名称、建设单位、产业、总投资(万元)、建设年限"
        raise refused(
            findings.file, "header.none", sheet=grids[0].name, table=title, example=example
        )
    order = sorted(sure, key=lambda table: (sure[table], -_DETECTED.index(table)), reverse=True)
    rivals = [t for t in order if sure[t][:2] >= (sure[order[0]][0], sure[order[0]][1] - 1)]
    if len(rivals) == 1:
        return order[0]
    return findings.ask(
        Question(
            "table", Both("按哪张表读取？", "Read it as which table?"),
            tuple(Option(t, Both(TABLES[t].zh, t)) for t in order), order[0], is_blocking=False,
        )
    )  # fmt: skip


def tell_hidden(grid: Grid, records: Records, findings: Findings) -> None:
    """Hidden rows are read unless the user says otherwise; either way it is told."""
    hidden = [at for at, number in enumerate(records.numbers) if int(number) in grid.hidden_rows]
    if hidden:
        answer = findings.ask(
            Question(
                "hidden",
                Both(f"有 {len(hidden)} 行是隐藏的，是否读取？", f"{len(hidden)} rows are hidden; take them?"),
                (Option("take", Both("读取", "take them")), Option(LEAVE, Both("不读", "leave them out"))),
                "take", tuple(int(records.numbers[at]) for at in hidden[:12]), len(hidden), is_blocking=False,
            )
        )  # fmt: skip
        what = Both("未读取", "were left out") if answer == LEAVE else Both("已读取", "were taken")
        rows = row_numbers([int(records.numbers[at]) for at in hidden])
        findings.warn("rows.hidden", sheet=grid.name, count=len(hidden), rows=rows, what=what)
        if answer == LEAVE:
            records.is_waiting[hidden] = True
    shown = [c for c in grid.hidden_columns if c < grid.width]
    if shown:
        findings.warn(
            "columns.hidden", sheet=grid.name, columns=listed(column_letters(c) for c in shown)
        )
