"""Commands about choosing a site: decide, decide again, put it on one page."""

from pathlib import Path

import click

import geoplan
from geoplan.cli.frame import lang_option, plan_option, progress
from geoplan.errors import QuestionError
from geoplan.exchange.decisions.siteanswers import result_text, shapes_of, write_result, write_sheet
from geoplan.plan.problems import Language
from geoplan.site.brief import read_brief, template
from geoplan.site.deciding import choose
from geoplan.site.record import read_record, record_of
from geoplan.site.replaying import replay


@click.command("site")
@click.argument("brief", required=False, type=click.Path(dir_okay=False, path_type=Path))
@plan_option
@lang_option
@click.option("--template", "as_template", is_flag=True, help="Print a brief to fill in.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="FILE.json (the decision record), .geojson, .xlsx or .csv.",
)
@click.pass_context
def site_command(
    ctx: click.Context,
    brief: Path | None,
    folder: Path | None,
    language: Language,
    as_template: bool,
    out: Path | None,
) -> None:
    """Choose a site for the project of a BRIEF: rank, reasons, and what would change it."""
    with progress("deciding"):
        plan = geoplan.open_plan(folder)
        if as_template:
            click.echo(template(plan, language), nl=False)
            return
        if brief is None:
            raise QuestionError("name a brief; `geoplan site --template` prints one to fill in")
        decision = choose(plan, read_brief(brief, plan))
        record = record_of(decision)
        if out is not None:
            write_result(record, plan, out, language, decision.sites)
    click.echo(out if out is not None else result_text(record, language))
    ctx.exit(0 if record["counts"]["allowed"] else 1)


@click.command("replay")
@click.argument("record", type=click.Path(dir_okay=False, path_type=Path))
@plan_option
@lang_option
@click.pass_context
def replay_command(
    ctx: click.Context, record: Path, folder: Path | None, language: Language
) -> None:
    """Make a recorded decision again: the same ranking, or what exactly has changed."""
    with progress("deciding again"):
        found = replay(read_record(record), geoplan.open_plan(folder), record.parent)
    for line in (*found.causes, *found.effects):
        click.echo(line[language])
    click.echo(_REPLAYED[language][found.same])
    ctx.exit(0 if found.same else 1)


@click.command("sheet")
@click.argument("record", type=click.Path(dir_okay=False, path_type=Path))
@plan_option
@lang_option
@click.option("--site", required=True, help="Id of a site of the record.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="FILE.pdf or .docx; default: the site's id in the current folder.",
)
def sheet_command(
    record: Path, folder: Path | None, language: Language, site: str, out: Path | None
) -> None:
    """Put one site of a decision RECORD on a page to be signed."""
    target = out or Path(f"{site}.pdf")
    with progress("drawing"):
        plan, content = geoplan.open_plan(folder), read_record(record)
        shapes = shapes_of(content, plan, record.parent)
        write_sheet(content, site, plan, target, language, shapes)
    click.echo(target)


_REPLAYED = {
    "zh": {True: "结果相同。", False: "结果不同。"},
    "en": {True: "The same result.", False: "The result differs."},
}
