"""The datasets that are computed: density by zone, placement, conformity, the ledger."""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geoplan.exchange.outgoing.dataset import Dataset, cited, described, listed
from geoplan.exchange.outgoing.fields import Field, known_fields
from geoplan.exchange.prints.captions import BY_NAMES, MEASURE_NAMES
from geoplan.place.density import By, Density, Question
from geoplan.place.density import density as measure_density
from geoplan.place.placement import PLACEMENT_COLUMNS, conformity, placement
from geoplan.place.zones import district_layer, district_zones, drawn_cell_m
from geoplan.plan.ledger import LEDGER_COLUMNS, ledger
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both

BY: tuple[By, ...] = ("district", "wing", "platform", "grid", "hex")
CELLS: tuple[By, ...] = ("grid", "hex")
"""Zones without names, which hold shares of things."""
_ZONE_KEYS = {"district": "code", "wing": "id", "platform": "id", "grid": "cell", "hex": "h3"}
_HEXAGON_KM2 = {7: 5.16, 6: 36.1, 5: 253.0}
_MOST_HEXAGONS = 20_000
_ZONE_NAMES = ("name_zh", "name_en", "area_km2")
_RATES = (
    "investment_wanyuan_per_km2", "investment_wanyuan_per_mu", "projects_per_km2",
    "projects_per_mu", "firms_per_km2", "firms_per_mu",
)  # fmt: skip
# Enough for the money of a grid to add up to the 万元.
_GRID_DIGITS = 8
_COUNTS = ("project_count", "firm_count")
_DENSITY_NOTE = Both(
    "投资按区、平台、位置的已知程度分摊；随附资金核对：落入＋区外＋仅知更粗位置＋未落位＝合计。",
    "Money by what is known of each place; the money line reconciles: in the zones + outside + "
    "known only more coarsely + not placed = total.",
)


def density_of(plan: Plan, by: By) -> Density:
    """The density that the dataset ``density_…`` shows: all sectors, all years."""
    return _density(plan, by)


@lru_cache(maxsize=8)
def _density(plan: Plan, by: By) -> Density:
    if by == "grid":
        return measure_density(plan, Question(by=by, cell_m=drawn_cell_m(plan)))
    if by == "hex":
        return measure_density(plan, Question(by=by, hex_resolution=hex_resolution(plan)))
    return measure_density(plan, Question(by=by))


def hex_resolution(plan: Plan) -> int:
    """Resolution of the H3 hexagons: 7, or coarser where those would be too many."""
    area_km2 = float(district_zones(plan)["area_km2"].sum())
    fitting = (n for n, each in _HEXAGON_KM2.items() if area_km2 / each <= _MOST_HEXAGONS)
    return next(fitting, min(_HEXAGON_KM2))


def results(plan: Plan) -> Iterator[Dataset]:
    """The datasets computed of a plan."""
    has_districts = bool(plan.layers_of("districts"))
    for by in BY:
        if has_districts:
            yield _density_dataset(plan, by)
    stated = ("sector_areas", "layout")
    yield described(
        plan, "placement", Both("产业布局(逐条)", "Where the plan puts its sectors"), "result",
        "placement", key="number", fields=known_fields(PLACEMENT_COLUMNS, ["sector_areas"]),
        sources=cited(plan, stated), make=lambda plan: placement(plan).rename_axis("number"),
    )  # fmt: skip
    judged = ("id", "verdict", "reason_zh", "reason_en", "sector_id", "district_code", "table",
              "row", "source_id", "locus", "quote", "basis")  # fmt: skip
    yield described(
        plan, "conformity", Both("项目与布局是否相符", "Whether projects follow the layout"),
        "result", "conformity", key="id", fields=known_fields(judged, ["projects"]),
        sources=cited(plan, ("projects", "sector_links", "platform_sectors", *stated)),
        make=lambda plan: conformity(plan).rename_axis("id"),
    )  # fmt: skip
    yield described(
        plan, "ledger", Both("数字总账", "Every figure of the plan"), "result", "ledger",
        key="figure_id", fields=known_fields(LEDGER_COLUMNS, ["indicators"]),
        sources=cited(plan, ("indicators", "projects", "platforms")),
        make=lambda plan: ledger(plan).set_index("figure_id"),
    )  # fmt: skip


def _density_dataset(plan: Plan, by: By) -> Dataset:
    layer = district_layer(plan) if by in ("district", *CELLS) else None
    key = layer.key if layer is not None and by == "district" else _ZONE_KEYS[by]
    fields = _density_fields(by, key)
    names = [one.name for one in fields[1:]]
    tables = ("projects", "locations", "enterprises", *(("platforms",) if by not in CELLS else ()))
    drawn = listed(layer.facts.get("source_id")) if layer is not None else []
    title = MEASURE_NAMES["investment_wanyuan_per_km2"]
    return described(
        plan, f"density_{by}",
        Both(f"{title.zh}({BY_NAMES[by].zh})", f"{title.en} {BY_NAMES[by].en}"),
        "result", f"density_{by}", key=key, fields=fields, geometry="Polygon",
        sources=[*cited(plan, tables), *drawn], note=_DENSITY_NOTE,
        valid_from=layer.facts.get("valid_from") if layer else None,
        valid_to=layer.facts.get("valid_to") if layer else None,
        make=lambda plan: _zones(plan, by, names),
    )  # fmt: skip


def _zones(plan: Plan, by: By, names: list[str]) -> gpd.GeoDataFrame:
    zones = density_of(plan, by).zones[[*names, "geometry"]].copy()
    if by in CELLS:
        # Sums over many cells differ in their last digits from run to run.
        for name in names:
            zones[name] = _significant(zones[name].to_numpy(dtype=np.float64))
    return zones


def _significant(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        places = np.floor(np.log10(np.abs(values)))
    scale = 10.0 ** (_GRID_DIGITS - 1 - np.where(np.isfinite(places), places, 0.0))
    rounded: npt.NDArray[np.float64] = np.round(values * scale) / scale
    return rounded


def _density_fields(by: By, key: str) -> tuple[Field, ...]:
    if by in CELLS:
        names = ["investment_wanyuan", "coarser_wanyuan", *_COUNTS, "area_km2", *_RATES]
    else:
        names = [*_ZONE_NAMES, "investment_wanyuan", "reallocated_wanyuan", *_COUNTS, *_RATES]
    first, *others = known_fields([_ZONE_KEYS[by], *names])
    # A cell holds a share of a project's money, not whole 万元.
    whole = [
        replace(one, kind="integer")
        if one.name == "investment_wanyuan" and by not in CELLS
        else one
        for one in others
    ]
    return (replace(first, name=key), *whole)
