"""Commands that carry a plan out to other programs, and their files in."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
import orjson

import geoplan
from geoplan.cli.frame import lang_option, plan_option, progress
from geoplan.errors import QuestionError
from geoplan.exchange.files.writing import write_bytes
from geoplan.exchange.incoming.applying import apply, imports, proposed, undo
from geoplan.exchange.incoming.importing import propose
from geoplan.exchange.outgoing.exporting import export
from geoplan.exchange.outgoing.packing import USUAL_FORMATS, pack
from geoplan.exchange.sheets.templates import template
from geoplan.plan.opening import find_plan
from geoplan.plan.problems import Both, Language


def _telling(language: Language) -> Callable[[Both], None]:
    return lambda said: click.echo(said[language], err=True)


@click.command("export")
@click.argument("name")
@plan_option
@lang_option
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="FILE.geojson, .gpkg, .zip (Shapefile), .kml, .kmz, .fgb, .parquet, .csv, .xlsx or .qml.",
)
@click.option("--crs", default="", help="Number of EPSG, or “plan”; default: the format's usual.")
@click.option("--where", default="", help="Only rows that meet: kind = park and area_km2 >= 1.")
@click.option(
    "--encoding",
    type=click.Choice(["UTF-8", "GB18030"], case_sensitive=False),
    default="UTF-8",
    show_default=True,
    help="Of a Shapefile.",
)
def export_command(
    name: str, folder: Path | None, language: Language, to: Path, **asked: Any
) -> None:
    """Write a layer, table or result NAME for a GIS or a spreadsheet; “all” for everything."""
    asked["crs"] = asked["crs"] or None
    with progress("writing"):
        made = export(
            geoplan.open_plan(folder), name, to, language=language, tell=_telling(language), **asked
        )
    click.echo(made)


@click.command("pack")
@plan_option
@lang_option
@click.option(
    "--to", type=click.Path(dir_okay=False, path_type=Path), required=True, help="FILE.zip"
)
@click.option(
    "--formats",
    default=",".join(USUAL_FORMATS),
    show_default=True,
    help="Besides CSV tables and GeoJSON layers, which are always there.",
)
def pack_command(folder: Path | None, language: Language, to: Path, formats: str) -> None:
    """Write the whole plan as one archive: data, styles, dictionary, sources, checksums."""
    chosen = [part.strip() for part in formats.split(",") if part.strip()]
    with progress("packing"):
        made = pack(geoplan.open_plan(folder), to, chosen, language, tell=_telling(language))
    click.echo(made)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@plan_option
@lang_option
@click.option("--as", "as_", default="", help="Table, or layer:NAME; found from the columns.")
@click.option("--map", "maps", multiple=True, metavar="COLUMN=FIELD", help="What a column means.")
@click.option("--answer", "answers", multiple=True, metavar="ID=ANSWER", help="To a question.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--partial", is_flag=True, help="Write although rows wait for answers.")
@click.option("--force", is_flag=True, help="Write although the plan would have new problems.")
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
@click.pass_context
def import_command(
    ctx: click.Context,
    file: Path,
    folder: Path | None,
    language: Language,
    as_: str,
    maps: tuple[str, ...],
    answers: tuple[str, ...],
    dry_run: bool,
    partial: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Take a spreadsheet or geodata FILE into a plan: a report first, then all or nothing."""
    with ExitStack() as signs:

        def tell(stage: str, share: float) -> None:
            signs.close()
            signs.enter_context(progress(f"{stage} ({share:.0%})"))

        tell("reading", 0.0)
        plan = find_plan(folder)
        given = _pairs("--map", maps), _pairs("--answer", answers)
        proposal = proposed(plan, lambda on: propose(on, file, as_, *given, progress=tell))
    if as_json:
        click.echo(orjson.dumps(proposal.as_dict(), option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(proposal.summary(language))
    if dry_run:
        ctx.exit(1 if proposal.refused or proposal.open_questions else 0)
    with progress("writing"):
        applied = apply(proposal, plan, partial=partial, force=force)
    for written in applied.files:
        click.echo(plan / written, err=as_json)
    ctx.exit(1 if proposal.refused or applied.errors else 0)


@click.command("undo")
@plan_option
@lang_option
@click.option("--to", default="", help="Go back to before this import; see --list.")
@click.option("--list", "is_listed", is_flag=True, help="Only list the imports, oldest first.")
def undo_command(folder: Path | None, language: Language, to: str, is_listed: bool) -> None:
    """Take the last import back, or with --to all down to the one named."""
    there = geoplan.open_plan(folder).folder
    if not is_listed:
        click.echo(undo(there, to=to))
        return
    back = Both("已撤回", "taken back")
    for one in imports(there):
        told = [str(one.facts.get(name, "")) for name in ("file", "target")]
        click.echo("  ".join([one.name, *told, *([back[language]] if one.is_undone else [])]))


@click.command("template")
@click.argument("table")
@plan_option
@lang_option
@click.option(
    "--to", type=click.Path(dir_okay=False, path_type=Path), required=True, help="FILE.xlsx"
)
def template_command(table: str, folder: Path | None, language: Language, to: Path) -> None:
    """Write a spreadsheet for TABLE to fill in: lists to choose from, units, examples."""
    if to.suffix.lower() != ".xlsx":
        raise QuestionError(f"{to}: a template is a spreadsheet; name {to.stem}.xlsx")
    with progress("writing"):
        write_bytes(to, template(table, language, geoplan.open_plan(folder)))
    click.echo(to)


def _pairs(option: str, given: tuple[str, ...]) -> dict[str, str]:
    wrong = [pair for pair in given if "=" not in pair]
    if wrong:
        raise QuestionError(f"{option} “{wrong[0][:80]}”: write it as NAME=VALUE")
    return {name.strip(): value.strip() for name, _, value in (one.partition("=") for one in given)}
