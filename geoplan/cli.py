"""The command line: open, call one function, write.

Exit codes: 0 fine, 1 problems found, 2 input that cannot be used.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import click

import geoplan
from geoplan.errors import GeoplanError
from geoplan.exchange.deriving import outdated_layers, write_derived
from geoplan.exchange.pictures import View, draw, form_of
from geoplan.exchange.reports import ListFormat, listed, records_of
from geoplan.exchange.results import with_names, write_density, write_or_list
from geoplan.exchange.writing import write_bytes
from geoplan.place.density import BY, compare_vintages
from geoplan.place.density import density as measure_density
from geoplan.place.placement import conformity as project_conformity
from geoplan.place.placement import matrix as sector_matrix
from geoplan.place.placement import placement as sector_placement
from geoplan.place.specialisation import concentrations, specialisation
from geoplan.plan.conflicts import SEVERITIES
from geoplan.plan.problems import Language
from geoplan.plan.summary import dictionary, summary

_QUIET_SECONDS = 2.0
_EXTENSIONS = "geoplan.commands"


class _Commands(click.Group):
    """Own commands and those of installed extensions; an own error is one line and exit code 2.

    An extension registers its commands in the entry point group
    ``geoplan.commands``; it is loaded when its command is asked for.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *entry_points(group=_EXTENSIONS).names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for entry in entry_points(group=_EXTENSIONS, name=cmd_name):
            command: click.Command = entry.load()
            return command
        return None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GeoplanError as error:
            click.echo(f"geoplan: {error}", err=True)
            ctx.exit(2)


def _default_language() -> Language:
    spoken = os.environ.get("GEOPLAN_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG")
    return "zh" if (spoken or "").lower().startswith("zh") else "en"


plan_option = click.option(
    "--plan",
    "folder",
    type=click.Path(path_type=Path),
    default=None,
    help="Plan folder. Default: the current folder if it is a plan, else the embedded plan.",
)
_form = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    help="How to list.",
)
_lang = click.option(
    "--lang",
    "language",
    type=click.Choice(["zh", "en"]),
    default=_default_language,
    help="Language; default from GEOPLAN_LANG or the locale.",
)


@contextmanager
def progress(label: str) -> Iterator[None]:
    """Say on stderr that work goes on, once it has lasted two seconds."""
    done = threading.Event()

    def tell() -> None:
        seconds = _QUIET_SECONDS
        while not done.wait(_QUIET_SECONDS):
            click.echo(f"{label} … {seconds:.0f} s", err=True)
            seconds += _QUIET_SECONDS

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(geoplan.__version__, prog_name="geoplan")
def main() -> None:
    """Turn an industrial plan document into a map that can be questioned."""


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--title-zh", required=True, help="Title in Chinese.")
@click.option("--title-en", default="", help="Title in English.")
@click.option("--crs", default="EPSG:4549", show_default=True, help="Projected CRS to measure in.")
@click.option(
    "--extent",
    nargs=4,
    type=float,
    required=True,
    metavar="W S E N",
    help="Degrees, WGS 84: where points may lie.",
)
def init(folder: Path, title_zh: str, title_en: str, crs: str, extent: tuple[float, ...]) -> None:
    """Start a new plan in FOLDER: plan.toml, empty tables, a guide to layers."""
    geoplan.init_plan(
        folder, title_zh=title_zh, title_en=title_en or title_zh, analysis_crs=crs, extent=extent
    )
    click.echo(
        f"{folder}: a new plan. Fill data/*.csv, add layers/, then: geoplan check --plan {folder}"
    )


@main.command()
@plan_option
@_form
@_lang
def show(folder: Path | None, form: ListFormat, language: Language) -> None:
    """Show what a plan holds: tables, layers, sectors, money."""
    with progress("opening"):
        plan = geoplan.open_plan(folder)
    if form == "text":
        title = plan.meta.title_zh if language == "zh" else plan.meta.title_en
        click.echo(f"{title}\n{plan.folder}\n")
    click.echo(listed(summary(plan, language), form), nl=False)


@main.command()
@plan_option
@_form
@_lang
@click.option(
    "--documents",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the documents: verify every quote, letter by letter.",
)
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Judge freshness on this day.")
@click.option("--strict", is_flag=True, help="Warnings also give exit code 1.")
@click.pass_context
def check(
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
        problems = geoplan.check(
            geoplan.open_plan(folder), today=today and today.date(), documents=documents
        )
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


@main.command()
@_form
@_lang
@click.argument("table", required=False)
def schema(form: ListFormat, language: Language, table: str | None) -> None:
    """Print the data dictionary, or that of one TABLE."""
    click.echo(listed(dictionary(language, table), form), nl=False)


@main.command()
@plan_option
@_form
@_lang
@click.option("--conflicts", "disagreements", is_flag=True, help="Only where figures disagree.")
@click.option("--find", "words", default="", help="Only figures with these words.")
def ledger(
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


@main.command()
@plan_option
@_lang
@click.option("--by", type=click.Choice(BY), default="district", show_default=True)
@click.option("--sector", default="", help="Id of a sector of either taxonomy.")
@click.option("--year", type=int, help="Money of one year (equal over a project's years).")
@click.option("--vintage", help="District boundaries of a year, or “both” side by side: 2017,2021.")
@click.option("--without-largest", is_flag=True, help="Leave the largest project out.")
@click.option("--cell", "cell_m", type=float, default=1000.0, show_default=True, help="Metres.")
@click.option(
    "--district-to",
    type=click.Choice(["district", "platforms"]),
    default="district",
    help="On a grid, what is known only to a district goes over the district or its platforms.",
)
@click.option("--out", type=click.Path(path_type=Path), help="FILE.csv, .json, .geojson or .gpkg")
def density(
    folder: Path | None, language: Language, out: Path | None, vintage: str | None, **asked: Any
) -> None:
    """Investment, projects and firms by zone, and where all the money went."""
    with progress("counting"):
        plan = geoplan.open_plan(folder)
        if vintage and "," in vintage:
            first, second = vintage.split(",", 1)
            for name in ("by", "cell_m", "district_to"):
                asked.pop(name)
            frame = compare_vintages(plan, first, second, **asked).reset_index()
            write_or_list(records_of(frame), out)
            return
        result = measure_density(plan, vintage=vintage, **asked)
        write_density(result, out, language)


@main.command()
@plan_option
@_form
@_lang
@click.option("--by", type=click.Choice(BY), default="district", show_default=True)
@click.option("--sector", default="", help="Location quotients of this sector by zone.")
def concentration(
    folder: Path | None, form: ListFormat, language: Language, by: str, sector: str
) -> None:
    """How far a few hold the money (HHI, Gini), or what zones are specialised in (LQ)."""
    plan = geoplan.open_plan(folder)
    if sector:
        records = records_of(specialisation(plan, sector, by=by).reset_index())
    else:
        records = concentrations(plan, by=by)
    other = "en" if language == "zh" else "zh"
    rows = [{k: v for k, v in r.items() if not k.endswith(f"_{other}")} for r in records]
    click.echo(listed(rows, form), nl=False)


@main.command()
@plan_option
@_form
@_lang
@click.option("--sector", default="", help="Only this sector.")
@click.option("--matrix", "as_matrix", is_flag=True, help="Sector by district, strongest role.")
def placement(
    folder: Path | None, form: ListFormat, language: Language, sector: str, as_matrix: bool
) -> None:
    """Which sector the plan puts where, each with its sentence."""
    plan = geoplan.open_plan(folder)
    frame = sector_matrix(plan) if as_matrix else sector_placement(plan, sector)
    click.echo(listed(with_names(plan, records_of(frame), language), form), nl=False)


@main.command()
@plan_option
@_form
@_lang
def conformity(folder: Path | None, form: ListFormat, language: Language) -> None:
    """Whether each project is where the plan wants it, with the sentence."""
    plan = geoplan.open_plan(folder)
    frame = project_conformity(plan).reset_index()
    other = "en" if language == "zh" else "zh"
    shown = records_of(frame.drop(columns=[f"reason_{other}"]))
    click.echo(listed(with_names(plan, shown, language), form), nl=False)


@main.command()
@plan_option
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 if files are old.")
@click.pass_context
def derive(ctx: click.Context, folder: Path | None, only_check: bool) -> None:
    """Write the layers that follow from the tables: platforms, wings, hubs."""
    with progress("deriving"):
        plan = geoplan.open_plan(folder)
        look = outdated_layers if only_check else write_derived
        old = list(look(plan, date.today()))
    for file in old:
        click.echo(file)
    ctx.exit(1 if only_check and old else 0)


@main.command()
@plan_option
@_lang
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="FILE.png, .pdf or .svg."
)
@click.option("--paper", type=click.Choice(["A4", "A3"]), default="A4", show_default=True)
@click.option("--view", "state", default="", help="The address of a view of the map page.")
@click.option("--by", default="", help="Density: district, wing, platform, grid or hex.")
def picture(
    folder: Path | None, language: Language, out: Path, paper: str, state: str, by: str
) -> None:
    """Draw a map view for print, with legend, scale, sources and the money line."""
    query = dict(parse_qsl(state.rpartition("?")[2], keep_blank_values=True))
    given = {"d": by, "m": "d"} if by else {} if query else {"m": "n"}
    view = View.from_query({"lang": language, **query, **given, "paper": paper})
    with progress("drawing"):
        write_bytes(out, draw(geoplan.open_plan(folder), view, form_of(out)))
    click.echo(out)


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


if __name__ == "__main__":
    sys.exit(main())
