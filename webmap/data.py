"""The page of everything the plan holds: what it is, how old, how to take it along or bring more."""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, current_app, render_template

from geoplan.exchange.outgoing.dataset import Dataset
from geoplan.exchange.sheets.titles import fields_of_table
from geoplan.plan.opening import Plan
from geoplan.schema import TABLES
from webmap.answering import shelf
from webmap.data_sets import (
    card_of,
    cards_of,
    crs_choices,
    dictionary_of,
    forms_of,
    preview_of,
    previewed_fields,
    table_name,
    title_of,
)
from webmap.i18n import strings, t
from webmap.shelf import Shown

blueprint = Blueprint("data", __name__)

_RECENT = 6
_GIVEN_TOGETHER = ("years", "position")
"""What one column of a file may say for two of a table."""

_FIRST_TARGETS = ("projects", "enterprises", "platforms", "hubs", "locations", "indicators")


@blueprint.get("/data/set/<name>", defaults={"part": ""})
@blueprint.get("/data/import", defaults={"part": "import", "name": ""})
@blueprint.get("/data", defaults={"part": "", "name": ""})
def data_page(part: str, name: str) -> str:
    """The list of datasets, one of them, or the way in."""
    shown = shelf().shown()
    if part == "import":
        return import_page(shown)
    if name:
        # The downloads refer to this page for what is wrong with a request.
        from webmap.api_data import dataset_of

        return dataset_page(shown, dataset_of(shown.plan, name))
    today = date.today()
    groups = shown.things.get(("data cards", today), lambda: cards_of(shown.plan, today))
    return render_template("data.html", groups=groups, title_of=title_of)


def dataset_page(shown: Shown, dataset: Dataset, wanted: Any = None, fault: Any = None) -> str:
    """One dataset: origin, download, a look inside, dictionary.

    Parameters
    ----------
    wanted, fault :
        What a download was asked for with, and what is wrong with it.
    """
    today = date.today()
    plan = shown.plan
    look = shown.things.get(
        ("data look", dataset.name),
        lambda: (previewed_fields(plan, dataset), preview_of(plan, dataset)),
    )
    card = shown.things.get(
        ("data card", dataset.name, today), lambda: card_of(plan, dataset, today)
    )
    return render_template(
        "data_set.html",
        card=card,
        one=dataset,
        title=title_of(dataset),
        wanted=wanted,
        fault=fault,
        forms=forms_of(dataset),
        crs=crs_choices(plan),
        fields=look[0],
        rows=look[1],
        dictionary=dictionary_of(dataset),
        example=example_of(dataset),
    )


def example_of(dataset: Dataset) -> str:
    """A condition that this dataset's rows can be asked for with."""
    by_name = {one.name: one for one in dataset.fields}
    if "investment_wanyuan" in by_name:
        return "investment_wanyuan >= 10000"
    if "area_km2" in by_name:
        return "area_km2 >= 1"
    for name in ("district_code", "kind", "sector_id", "basis", "id", dataset.key):
        if name in by_name:
            return f"{name} = …"
    return ""


def import_page(shown: Shown) -> str:
    """The way in: templates, a file, what it would change."""
    from webmap.api_import import may_write, recent_imports, uploads

    store = uploads()
    store.clear()
    current_app.extensions["jobs"].warm()
    recent, damage = recent_imports(shown.plan.folder)
    standing = [one.name for one in recent if not one.is_undone]
    said = strings("data")
    titles = {name: {"zh": zh, "en": en} for name, zh, en in tables_offered()}
    return render_template(
        "data_import.html",
        tables=tables_offered(),
        layers=layers_offered(shown.plan),
        recent=recent[-_RECENT:][::-1],
        damage=damage,
        when=when,
        titles=titles,
        last=standing[-1] if standing else "",
        later={name: len(standing) - at for at, name in enumerate(standing, 1)},
        may_write=may_write(),
        largest=store.largest // 2**20,
        words={f"data.{key}": text for key, text in said.items()},
        given={
            "write": may_write(),
            "largest": store.largest,
            "fields": {name: fields_offered(name) for name in TABLES},
            "tables": titles,
            "seconds": int(current_app.config["IMPORT_SECONDS"]),
        },
    )


def when(said: str) -> str:
    """A time of the history as the clock on the wall shows it, to the minute.

    Examples
    --------
    >>> when("yesterday")
    'yesterday'
    """
    try:
        return f"{datetime.fromisoformat(said).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return said


def tables_offered() -> list[tuple[str, str, str]]:
    """Tables a file may be for, the usual ones first: name and both titles."""
    names = [*_FIRST_TARGETS, *(name for name in TABLES if name not in _FIRST_TARGETS)]
    return [(name, TABLES[name].zh, table_name(name)) for name in names]


def layers_offered(plan: Plan) -> list[tuple[str, str, str]]:
    """Layers a file may replace or become."""
    return [(f"layer:{one.name}", one.title_zh, one.title_en) for one in plan.layers.values()]


def fields_offered(table: str) -> list[dict[str, str]]:
    """Fields that a column of a file may be: name, both titles, unit."""
    own = {one.name: one for one in TABLES[table].columns}
    others = {one.name: one for one in TABLES["locations"].columns}
    found = []
    for name in fields_of_table(table):
        column = own.get(name) or others.get(name)
        said = {"name": name, "zh": name, "en": name, "unit": ""}
        if column is not None:
            said |= {"zh": column.zh, "en": column.en, "unit": column.unit}
        elif name in _GIVEN_TOGETHER:
            said |= dict.fromkeys(("zh", "en"), t(f"data.field_{name}"))
        found.append(said)
    return found
