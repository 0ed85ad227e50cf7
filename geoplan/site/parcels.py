"""The user's own parcels or buildings as candidates.

Their land is what the plan's CRS measures, unless a column states it; their
other columns stay, so that rules may ask for them.
"""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.place.zones import M2_PER_KM2
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.site.amounts import MOST_KM2, AmountError, km2, land_in_km2
from geoplan.site.entries import BriefError, Fault, nearest, shown
from geoplan.site.lookup import look_up
from geoplan.site.owndata import OwnData, refuse
from geoplan.site.ownfiles import read_own
from geoplan.site.question import Brief

COLUMNS = (
    "name_zh", "name_en", "kind", "candidate", "district_code", "district_via", "wing_id",
    "area_km2", "accuracy_m", "basis", "table", "row", "centre", "geometry",
)  # fmt: skip
"""Columns of every frame of candidates; ``id`` is its index."""

_IDS = ("id", "ID", "编号", "地块编号")
_NAMES = ("name_zh", "name", "NAME", "Name", "名称", "地块名称", "项目名称")
_LONGEST = 120


def parcels(plan: Plan, brief: Brief) -> gpd.GeoDataFrame:
    """The features of the brief's file, or given inline, on their id, in the plan's CRS.

    Raises
    ------
    BriefError
        They cannot be used; the message names file, feature and remedy.
    """
    asked = brief.candidates
    data = OwnData(
        brief=brief.file,
        field="candidates.file" if asked.file else "candidates.features",
        folder=brief.folder,
        file=asked.file,
        features=asked.features,
        layer=asked.layer,
        crs=asked.crs,
        datum=asked.datum,
    )
    found = read_own(data, plan, ("Polygon", "Point"))
    geometry = found.geometry
    columns = pd.DataFrame(found.drop(columns=geometry.name))
    columns.columns = columns.columns.astype("str")
    _refuse_unknown_columns(brief, columns)
    ids = _ids(data, columns, asked.id)
    names = _texts(columns, asked.name or _first(columns, _NAMES))
    english = _texts(columns, asked.name_en or _first(columns, ("name_en",)))
    districts = _districts(plan, data, columns, asked.district)
    zh = names.where(names != "", pd.Series(ids, names.index))
    frame = pd.DataFrame(
        {
            "name_zh": zh,
            "name_en": english.where(english != "", zh),
            "kind": "parcel",
            "candidate": "parcel",
            "district_code": districts,
            "district_via": np.where(districts.notna(), "stated", ""),
            "wing_id": pd.Series(None, index=columns.index, dtype="str"),
            "area_km2": _land(data, columns, geometry, asked.land, asked.land_unit),
            "accuracy_m": asked.accuracy_m,
            "basis": "",
            "table": "",
            "row": 0,
        }
    )
    extra = {own: columns[name] for name, own in _own_names(columns).items()}
    frame = pd.concat([frame, pd.DataFrame(extra, index=frame.index)], axis=1)
    made = gpd.GeoDataFrame(frame, geometry=geometry.to_numpy(), crs=found.crs)
    made.index = pd.Index(ids, name="id", dtype="str")
    return made


def _first(columns: pd.DataFrame, names: tuple[str, ...]) -> str:
    return next((name for name in names if name in columns), "")


def _own_names(columns: pd.DataFrame) -> Mapping[str, str]:
    """Column of the file → what conditions call it; one that has a name of ours gets ``own.``."""
    plain = [str(name) for name in columns if not _is_nested(columns[name])]
    return {name: f"own.{name}" if name in (*COLUMNS, "id") else name for name in plain}


def _is_nested(column: pd.Series) -> bool:
    nested = column.dtype == object and column.map(lambda value: isinstance(value, list | dict))
    return bool(np.any(nested))


def _refuse_unknown_columns(brief: Brief, columns: pd.DataFrame) -> None:
    faults = []
    for key in ("id", "name", "name_en", "land", "district"):
        name = getattr(brief.candidates, key)
        if name and name not in columns:
            hint = nearest(name, columns.columns)
            said = Both(
                f"文件没有列“{shown(name)}”{hint.zh}",
                f"the file has no column “{shown(name)}”{hint.en}",
            )
            faults.append(Fault(f"candidates.{key}", said))
    if faults:
        raise BriefError(brief.file, faults)


def _clean(value: object) -> str:
    text = str(value)
    if isinstance(value, float) and value.is_integer():
        text = str(int(value))
    kept = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in text
    )
    return kept.strip()[:_LONGEST]


def _texts(columns: pd.DataFrame, name: str) -> pd.Series:
    if not name:
        return pd.Series("", index=columns.index, dtype="str")
    column = columns[name]
    texts = column.map(_clean, na_action="ignore")
    return texts.where(column.notna(), "").astype("str")


def _ids(data: OwnData, columns: pd.DataFrame, named: str) -> list[str]:
    """The ids: of the column named, else of a column that is one, else numbers."""
    name = named or _first(columns, _IDS)
    numbered = [f"parcel-{number}" for number in columns.index]
    if not name:
        return numbered
    ids = _texts(columns, name)
    nothing, twice = (ids == "").to_numpy(), ids.duplicated(keep=False).to_numpy()
    if not named and (nothing | twice).any():
        return numbered
    said = Both(f"的“{name}”是空的；请补上编号", f"“{name}” is empty; give it an id")
    refuse(data, nothing, said, columns.index)
    said = Both(
        f"的“{name}”与别的要素相同；请改为唯一的编号，或另指定 id 列",
        f"“{name}” is the same as of another feature; make it unique or name another id column",
    )
    refuse(data, twice, said, columns.index)
    return [str(key) for key in ids]


def _each(
    data: OwnData, column: pd.Series, read: Callable[[Any], Any], complaint: Both
) -> dict[Any, Any]:
    """Each distinct value read once; the features of those that cannot be are named."""
    found, wrong = {}, Both("", "")
    bad = np.zeros(len(column), dtype=bool)
    for value in column.dropna().unique().tolist():
        answer = read(value)
        if isinstance(answer, Both):
            wrong = wrong if wrong.zh else answer
            bad |= (column == value).to_numpy()
        else:
            found[value] = answer
    refuse(data, bad, Both(f"{complaint.zh}{wrong.zh}", f"{complaint.en}{wrong.en}"), column.index)
    return found


def _districts(plan: Plan, data: OwnData, columns: pd.DataFrame, name: str) -> pd.Series:
    if not name:
        return pd.Series(None, index=columns.index, dtype="str")
    texts = _texts(columns, name)
    texts = texts.where(texts != "")
    said = Both(f"的“{name}”：", f"“{name}”: ")
    known = _each(data, texts, lambda text: look_up(plan, "districts", text), said)
    return texts.map(known).astype("str")


def _amount(value: object) -> object:
    """A cell as a number or a text, whatever it was."""
    plain = isinstance(value, int | float | str | np.number) and not isinstance(value, bool)
    return value if plain else shown(value)


def _land(
    data: OwnData, columns: pd.DataFrame, geometry: gpd.GeoSeries, name: str, unit: str
) -> pd.Series:
    """Area in km²: as stated in a column, else as measured; missing for points."""
    if not name:
        area = pd.Series(geometry.area.to_numpy() / M2_PER_KM2, index=geometry.index)
        return area.where(area > 0)
    column = columns[name].astype(object).map(_amount, na_action="ignore")
    numeric = pd.to_numeric(column, errors="coerce")
    if numeric.notna().any() and not unit:
        said = Both(
            f"列“{name}”只有数字，没有单位；请写 land_unit = \"mu\"、\"km2\"、\"m2\" 或 \"ha\"",
            f"the column “{name}” has bare numbers; write land_unit = \"mu\", \"km2\", \"m2\" or \"ha\"",
        )  # fmt: skip
        raise BriefError(data.brief, [Fault("candidates.land_unit", said)])

    def read(value: Any) -> float | Both:
        try:
            number = float(value)
        except ValueError:
            try:
                return km2(str(value))
            except AmountError as error:
                return error.said
        area = land_in_km2(number, unit) if np.isfinite(number) else np.nan
        if not 0 < area <= MOST_KM2:
            return Both(f"{number:g} 不是面积", f"{number:g} is no area")
        return area

    stated = column.where(column.map(lambda value: str(value).strip() != ""))
    known = _each(data, stated, read, Both(f"的“{name}”：", f"“{name}”: "))
    return stated.map(known).astype("float64")
