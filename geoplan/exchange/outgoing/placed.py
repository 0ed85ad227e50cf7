"""The located datasets: projects, firms, platforms and hubs with where they are known to be."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.exchange.outgoing.dataset import Dataset, cited, described, listed
from geoplan.exchange.outgoing.fields import Field, known_fields, table_fields
from geoplan.place.locate import locate
from geoplan.plan.ledger import subject_names
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import CITATION_NAMES

_LOCATED = {
    "projects": Both("投资项目(已知范围)", "Projects (where they are known to be)"),
    "enterprises": Both("企业(已知范围)", "Firms (where they are known to be)"),
    "platforms": Both("平台(已知范围)", "Platforms (where they are known to be)"),
    "hubs": Both("交通枢纽(已知范围)", "Hubs (where they are known to be)"),
}
_LOCATED_NOTE = Both(
    "图形是已知所在的范围，不是边界；精度见 precision 与 accuracy_m，无图形者位置不详。",
    "A shape is where the thing is known to be, no boundary; see precision and accuracy_m. "
    "What has no shape has no known place.",
)
_LOCATION = (
    "precision", "via", "location_basis", "accuracy_m", "at_platform_id", "at_platform_zh",
    "at_platform_en", "at_district_code", "at_district_zh", "at_district_en", "district_layer",
)  # fmt: skip
_NAMED: Mapping[str, tuple[tuple[str, str], ...]] = {
    "projects": (("enterprise", "enterprises"), ("sector", "sectors")),
}


def located(plan: Plan, kind: str) -> Dataset:
    """The dataset of one kind of thing that can be located."""
    places = plan.tables["locations"]
    here = places.loc[places["subject_kind"] == kind, "source_id"].dropna()
    # Footprints are cut to districts, or are districts.
    drawn = [s for x in plan.layers_of("districts") for s in listed(x.facts.get("source_id"))]
    sources = [*cited(plan, (kind,)), *here, *drawn]
    return described(
        plan, kind, _LOCATED[kind], "located", kind, key="id",
        fields=_fields(kind), geometry="Geometry", sources=sources, note=_LOCATED_NOTE,
        make=lambda plan: _rows(plan, kind).copy(),
    )  # fmt: skip


def _fields(kind: str) -> tuple[Field, ...]:
    own = table_fields(kind)
    added = [
        name for prefix, _ in _NAMED.get(kind, ()) for name in (f"{prefix}_zh", f"{prefix}_en")
    ]
    return (
        *(one for one in own if one.name not in CITATION_NAMES),
        *known_fields([*added, *_LOCATION], ["locations"]),
        *(one for one in own if one.name in CITATION_NAMES),
    )


@lru_cache(maxsize=16)
def _rows(plan: Plan, kind: str) -> gpd.GeoDataFrame:
    table = plan.tables[kind].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    found = locate(plan, kind).reindex(table.index)
    columns: dict[str, Any] = {str(name): table[name] for name in table.columns}
    columns |= {name: found[name] for name in ("precision", "via", "accuracy_m", "district_layer")}
    columns["location_basis"] = found["basis"]
    columns["at_platform_id"] = found["platform_id"]
    columns["at_district_code"] = found["district_code"]
    for prefix, of in _NAMED.get(kind, ()):
        columns |= _names(plan, prefix, of, table[f"{prefix}_id"])
    columns |= _names(plan, "at_platform", "platforms", found["platform_id"])
    columns |= _names(plan, "at_district", "districts", found["district_code"])
    order = [one.name for one in _fields(kind) if one.name != "id"]
    frame = pd.DataFrame({name: columns[name] for name in order}, index=table.index)
    return gpd.GeoDataFrame(frame, geometry=found.geometry.to_numpy(), crs=found.crs)


def _names(plan: Plan, prefix: str, of: str, keys: "pd.Series[Any]") -> dict[str, Any]:
    names = subject_names(plan)
    said = [names.get((of, key), (None, None)) for key in keys]
    return {
        f"{prefix}_{language}": pd.Series([pair[i] for pair in said], keys.index, dtype="str")
        for i, language in enumerate(("zh", "en"))
    }
