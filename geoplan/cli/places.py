"""Commands about where things are: density, placement, pictures."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import click

import geoplan
from geoplan.cli.frame import form_option, lang_option, plan_option, progress
from geoplan.exchange.files.reports import ListFormat, listed, records_of
from geoplan.exchange.files.writing import write_bytes
from geoplan.exchange.outgoing.results import with_names, write_density, write_or_list
from geoplan.exchange.prints.pictures import View, draw, form_of
from geoplan.place.density import BY, compare_vintages, density
from geoplan.place.placement import conformity, matrix, placement
from geoplan.place.specialisation import concentrations, specialisation
from geoplan.plan.problems import Language


@click.command("density")
@plan_option
@lang_option
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
def density_command(
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
        result = density(plan, vintage=vintage, **asked)
        write_density(result, out, language)


@click.command("concentration")
@plan_option
@form_option
@lang_option
@click.option("--by", type=click.Choice(BY), default="district", show_default=True)
@click.option("--sector", default="", help="Location quotients of this sector by zone.")
def concentration_command(
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


@click.command("placement")
@plan_option
@form_option
@lang_option
@click.option("--sector", default="", help="Only this sector.")
@click.option("--matrix", "as_matrix", is_flag=True, help="Sector by district, strongest role.")
def placement_command(
    folder: Path | None, form: ListFormat, language: Language, sector: str, as_matrix: bool
) -> None:
    """Which sector the plan puts where, each with its sentence."""
    plan = geoplan.open_plan(folder)
    frame = matrix(plan) if as_matrix else placement(plan, sector)
    click.echo(listed(with_names(plan, records_of(frame), language), form), nl=False)


@click.command("conformity")
@plan_option
@form_option
@lang_option
def conformity_command(folder: Path | None, form: ListFormat, language: Language) -> None:
    """Whether each project is where the plan wants it, with the sentence."""
    plan = geoplan.open_plan(folder)
    frame = conformity(plan).reset_index()
    other = "en" if language == "zh" else "zh"
    shown = records_of(frame.drop(columns=[f"reason_{other}"]))
    click.echo(listed(with_names(plan, shown, language), form), nl=False)


@click.command("picture")
@plan_option
@lang_option
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="FILE.png, .pdf or .svg."
)
@click.option("--paper", type=click.Choice(["A4", "A3"]), default="A4", show_default=True)
@click.option("--view", "state", default="", help="The address of a view of the map page.")
@click.option("--by", default="", help="Density: district, wing, platform, grid or hex.")
def picture_command(
    folder: Path | None, language: Language, out: Path, paper: str, state: str, by: str
) -> None:
    """Draw a map view for print, with legend, scale, sources and the money line."""
    query = dict(parse_qsl(state.rpartition("?")[2], keep_blank_values=True))
    given = {"d": by, "m": "d"} if by else {} if query else {"m": "n"}
    view = View.from_query({"lang": language, **query, **given, "paper": paper})
    with progress("drawing"):
        write_bytes(out, draw(geoplan.open_plan(folder), view, form_of(out)))
    click.echo(out)
