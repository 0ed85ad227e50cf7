"""Geometry for the map: the plan's layers, what is located, and the zones of density."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
from flask import Blueprint, Response

from geoplan.exchange.files.reports import plain
from geoplan.place.density import BY, Question
from geoplan.place.zones import district_layer
from webmap import known
from webmap.answering import DECIMALS, collection, geojson_answer, shelf
from webmap.asking import asked, missing, one_of
from webmap.shelf import Shown

blueprint = Blueprint("layers", __name__, url_prefix="/api")

VIRTUAL = ("projects", "enterprises")
_DRAWN = (
    "name_zh", "name_en", "kind", "district_code", "wing_id", "area_km2", "shape", "accuracy_m",
    "basis", "axis_zh", "axis_en", "level", "name",
)  # fmt: skip
_IDS_LISTED = 200


@blueprint.get("/layers/<name>.geojson")
def layer(name: str) -> Response:
    """One layer of the plan, or the footprints of its projects or firms."""
    asked({})
    shown = shelf().shown()
    if name in shown.plan.layers:
        return geojson_answer(shown, ("layer", name), lambda: _plan_layer(shown, name))
    if name in VIRTUAL:
        return geojson_answer(shown, ("virtual", name), lambda: _virtual_layer(shown, name))
    raise missing("layer", name)


def _plan_layer(shown: Shown, name: str) -> bytes:
    found = shown.plan.layers[name]
    frame = found.frame[found.frame.geometry.notna()]
    columns = [column for column in _DRAWN if column in frame]
    keys = frame[found.key] if found.key in frame else pd.Series(frame.index, frame.index)
    ids = [str(plain(key)) for key in keys]
    return collection(frame, ids, _properties(frame, columns), name=name, role=found.role)


def _properties(frame: gpd.GeoDataFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
    values = [[plain(value) for value in frame[column].tolist()] for column in columns]
    rows = zip(*values, strict=True) if values else ((),) * len(frame)
    return [
        {name: value for name, value in zip(columns, row, strict=True) if value is not None}
        for row in rows
    ]


def _virtual_layer(shown: Shown, kind: str) -> bytes:
    frame = known.footprints(shown, kind)
    names = known.names(shown)
    sectors = _sectors(shown, kind)
    money = _money(shown) if kind == "projects" else {}
    properties = []
    for row in frame.drop(columns=frame.geometry.name).to_dict("records"):
        ids = row["ids"]
        listed = ids[:_IDS_LISTED]
        zh, en = names[kind, ids[0]]
        platform = plain(row["platform_id"])
        own: dict[str, Any] = {
            "ids": listed,
            "count": row["count"],
            "precision": row["precision"],
            "accuracy_m": plain(row["accuracy_m"]),
            "zh": zh,
            "en": en,
            "sectors": sorted({sector for key in ids for sector in sectors.get(key, ())}),
        }
        if len(ids) > 1 and platform and ("platforms", platform) in names:
            own["place_zh"], own["place_en"] = names["platforms", platform]
        if len(ids) > len(listed):
            own["more"] = len(ids) - len(listed)
        if money:
            own["wanyuan"] = sum(money.get(key, 0) for key in ids)
        properties.append(own)
    numbers = [str(number) for number in range(len(frame))]
    return collection(frame, numbers, properties, name=kind, role=kind)


def _sectors(shown: Shown, kind: str) -> Mapping[str, Sequence[str]]:
    """Sectors of each project or firm: own, named for, and through the crosswalk."""
    tables = shown.plan.tables
    projects = tables["projects"].dropna(subset=["id", "sector_id"])
    links = tables["sector_links"].dropna(subset=["project_id", "to_sector_id"])
    parts = [
        projects[["id", "sector_id"]].set_axis(["id", "sector"], axis=1),
        links[["project_id", "to_sector_id"]].set_axis(["id", "sector"], axis=1),
    ]
    if kind == "enterprises":
        firms = projects.drop_duplicates("id").set_index("id")["enterprise_id"]
        parts = [part.assign(id=part["id"].map(firms)) for part in parts]
        named = tables["sector_firms"][["enterprise_id", "sector_id"]]
        parts.append(named.set_axis(["id", "sector"], axis=1))
    every = pd.concat(parts).dropna().drop_duplicates()
    found: dict[str, list[str]] = {}
    for key, sector in zip(every["id"], every["sector"], strict=True):
        found.setdefault(key, []).append(sector)
    return found


def _money(shown: Shown) -> dict[str, int]:
    table = shown.plan.tables["projects"].dropna(subset=["id", "investment_wanyuan"])
    table = table.drop_duplicates("id")
    return dict(zip(table["id"], table["investment_wanyuan"].astype("int64").tolist(), strict=True))


@blueprint.get("/zones/<by>.geojson")
def zones(by: str) -> Response:
    """The zones that density is shown in; ids are those of ``/api/density``."""
    if by not in BY:
        raise missing("zones", by)
    shown = shelf().shown()
    vintage = asked({"vintage": vintage_reader(shown)}).get("vintage", "")
    if by in ("wing", "platform"):
        vintage = ""
    return geojson_answer(shown, ("zones", by, vintage), lambda: _zones(shown, by, vintage))


def vintage_reader(shown: Shown) -> Any:
    """Reads the name of a district layer, or a year in which one is valid."""
    layers = shown.plan.layers_of("districts")
    names = [one.name for one in layers]

    def read(text: str) -> str:
        if text.isascii() and text.isdigit() and len(text) == 4 and int(text):
            found = shown.plan.districts_on(date(int(text), 12, 31))
            if found is not None:
                return found.name
        return str(one_of(names)(text))

    return read


def vintage_name(shown: Shown, vintage: str) -> str:
    """The layer that a vintage means; the one the plan shows first if none is asked for."""
    if vintage or not shown.plan.layers_of("districts"):
        return vintage
    return district_layer(shown.plan).name


def question_of(shown: Shown, by: str, vintage: str, **more: Any) -> Question:
    """A question of density, with the cell size that the plan's extent allows."""
    if by == "grid":
        more["cell_m"] = known.cell_m(shown, vintage)
    named = vintage_name(shown, vintage) or None
    return Question(by=by, vintage=named, **more)  # type: ignore[arg-type]  # checked against BY


def _zones(shown: Shown, by: str, vintage: str) -> bytes:
    frame = known.answered(shown, question_of(shown, by, vintage)).zones
    columns = [name for name in ("name_zh", "name_en", "area_km2") if name in frame]
    if by in ("grid", "hex"):
        columns = []
    ids = [str(key) for key in frame.index]
    return collection(
        frame,
        ids,
        _properties(frame, columns),
        # Squares of a kilometre need no metre.
        decimals=4 if by == "grid" else DECIMALS,
        by=by,
        vintage=vintage or None,
    )
