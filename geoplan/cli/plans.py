"""Commands about a plan: start it, judge it, read it."""

from datetime import date
from pathlib import Path
from typing import Any

import click

import geoplan
from geoplan.cli.frame import form_option, lang_option, plan_option, progress
from geoplan.exchange.files.reports import ListFormat, listed, records_of
from geoplan.exchange.outgoing.deriving import outdated_layers, write_derived
from geoplan.plan.checks import in_order
from geoplan.plan.conflicts import SEVERITIES
from geoplan.plan.problems import Language
from geoplan.plan.summary import dictionary, summary
from geoplan.site.usability import site_problems

_SHORT_LEDGER = {
    lang: [
        f"subject_{lang}",
        f"measure_{lang}",
        "status",
        "operator",
        "value",
        "unit",
        "year",
        "source_id",
        "quote",
    ]
    for lang in ("zh", "en")
}


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--title-zh", required=True, help="Title in Chinese.")
@click.option("--title-en", default="", help="Title in English.")
@click.option("--crs", default="", help="Projected CRS to measure in; default: CGCS2000 3-degree.")
@click.option(
    "--extent",
    nargs=4,
    type=float,
    required=True,
    metavar="W S E N",
    help="Degrees, WGS 84: where points may lie.",
)
def init_command(
    folder: Path, title_zh: str, title_en: str, crs: str, extent: tuple[float, float, float, float]
) -> None:
    """Start a new plan in FOLDER: plan.toml, empty tables, a guide to layers."""
    geoplan.init_plan(
        folder, title_zh=title_zh, title_en=title_en or title_zh, analysis_crs=crs, extent=extent
    )
    click.echo(
        f"{folder}: a new plan. Fill data/*.csv, add layers/, then: geoplan check --plan {folder}"
    )


@click.command("show")
@plan_option
@form_option
@lang_option
def show_command(folder: Path | None, form: ListFormat, language: Language) -> None:
    """Show what a plan holds: tables, layers, sectors, money."""
    with progress("opening"):
        plan = geoplan.open_plan(folder)
    if form == "text":
        title = plan.meta.title_zh if language == "zh" else plan.meta.title_en
        click.echo(f"{title}\n{plan.folder}\n")
    click.echo(listed(summary(plan, language), form), nl=False)


@click.command("check")
@plan_option
@form_option
@lang_option
@click.option(
    "--documents",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the documents: verify every quote, letter by letter.",
)
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Judge freshness on this day.")
@click.option("--strict", is_flag=True, help="Warnings also give exit code 1.")
@click.pass_context
def check_command(
    ctx: click.Context,
    folder: Path | None,
    form: ListFormat,
    language: Language,
    documents: Path | None,
    today: Any,
    strict: bool,
) -> None:
    """Judge a plan: all problems, with file, row, column and remedy."""
    with progress("checking"):
        plan = geoplan.open_plan(folder)
        problems = geoplan.check(plan, today=today and today.date(), documents=documents)
        problems = in_order([*problems, *site_problems(plan)])
    errors = [problem for problem in problems if problem.severity == "error"]
    if form == "text":
        for problem in problems:
            click.echo(
                f"{problem.severity}: {problem.place(language)}: {problem.message(language)} "
                f"[{problem.code}]"
            )
        click.echo(f"{len(errors)} errors, {len(problems) - len(errors)} warnings")
    else:
        rows = [
            {
                "severity": p.severity,
                "file": p.file,
                "row": p.row,
                "column": p.column,
                "code": p.code,
                "message": p.message(language),
            }
            for p in problems
        ]
        click.echo(listed(rows, form), nl=False)
    ctx.exit(1 if errors or (strict and problems) else 0)


@click.command("schema")
@form_option
@lang_option
@click.argument("table", required=False)
def schema_command(form: ListFormat, language: Language, table: str | None) -> None:
    """Print the data dictionary, or that of one TABLE."""
    click.echo(listed(dictionary(language, table), form), nl=False)


@click.command("ledger")
@plan_option
@form_option
@lang_option
@click.option("--conflicts", "disagreements", is_flag=True, help="Only where figures disagree.")
@click.option("--find", "words", default="", help="Only figures with these words.")
def ledger_command(
    folder: Path | None, form: ListFormat, language: Language, disagreements: bool, words: str
) -> None:
    """List every figure with its sentence, or the conflicts among them."""
    with progress("reading"):
        plan = geoplan.open_plan(folder)
        if not disagreements:
            figures = records_of(geoplan.ledger(plan))
            found = [r for r in figures if words in " ".join(str(v) for v in r.values())]
            columns = _SHORT_LEDGER[language] if form == "text" else list(found[0]) if found else []
            click.echo(listed([{name: r[name] for name in columns} for r in found], form), nl=False)
            return
        found = [
            {
                "rule": c.rule,
                "severity": SEVERITIES[c.severity][language],
                "statement": c.statement[language],
                "arithmetic": c.arithmetic[language],
                "evidence": " ".join(f"data/{table}.csv:{row}" for table, row in c.evidence),
            }
            for c in geoplan.conflicts(plan)
        ]
    if form != "text":
        click.echo(listed(found, form), nl=False)
        return
    for conflict in found:
        click.echo(f"[{conflict['severity']}] {conflict['statement']}")
        click.echo(f"    {conflict['arithmetic']}")
        click.echo(f"    {conflict['rule']}: {conflict['evidence']}\n")
    click.echo(f"{len(found)} conflicts")


@click.command("derive")
@plan_option
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 if files are old.")
@click.pass_context
def derive_command(ctx: click.Context, folder: Path | None, only_check: bool) -> None:
    """Write the layers that follow from the tables: platforms, wings, hubs."""
    with progress("deriving"):
        plan = geoplan.open_plan(folder)
        look = outdated_layers if only_check else write_derived
        old = list(look(plan, date.today()))
    for file in old:
        click.echo(file)
    ctx.exit(1 if only_check and old else 0)
