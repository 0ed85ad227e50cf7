"""What a column of an export is: kind, title, unit, from the data dictionary where it is known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from geoplan.exchange.prints.captions import MEASURE_NAMES
from geoplan.plan.problems import Both, Language
from geoplan.schema import TABLES, Column

FieldKind = Literal[
    "id", "text", "integer", "number", "year", "date", "time", "list", "colour", "flag", "nested"
]
NUMERIC: tuple[FieldKind, ...] = ("integer", "number", "year")


@dataclass(frozen=True)
class Field:
    """A column that is not the geometry.

    Attributes
    ----------
    kind :
        As in :mod:`geoplan.schema`; and ``time`` (a moment), ``flag`` (yes or
        no), ``nested`` (a list or mapping, as GeoJSON may hold).
    vocabulary :
        Name of the closed vocabulary its codes are of; see
        :data:`geoplan.schema.VOCABULARIES`.
    references :
        Table whose ids it holds; ``districts`` for the district layers.
    """

    name: str
    kind: FieldKind
    title: Both
    unit: str = ""
    vocabulary: str = ""
    references: str = ""

    def heading(self, language: Language) -> str:
        """Title and unit in a language.

        Examples
        --------
        >>> Field("area_km2", "number", Both("规划面积", "planned area"), "km²").heading("zh")
        '规划面积(km²)'
        """
        title = self.title[language]
        if not self.unit:
            return title
        return f"{title}({self.unit})" if language == "zh" else f"{title} ({self.unit})"


def field_of(column: Column) -> Field:
    """A column of the data dictionary."""
    return Field(
        column.name, column.kind, Both(column.zh, column.en), column.unit, column.vocabulary,
        column.references,
    )  # fmt: skip


def table_fields(table: str) -> tuple[Field, ...]:
    """The columns of a table of the data dictionary."""
    return tuple(field_of(column) for column in TABLES[table].columns)


def known_fields(names: Iterable[str], like: Iterable[str] = ()) -> tuple[Field, ...]:
    """Columns by their names alone; every name must be known."""
    known = _known(like)
    return tuple(known[name] for name in names)


def _known(like: Iterable[str]) -> dict[str, Field]:
    known = {**_COMMON, **_MORE}
    for table in reversed([name for name in like if name in TABLES]):
        known |= {field.name: field for field in table_fields(table)}
    return known


def fields_of(frame: pd.DataFrame, like: Iterable[str] = ()) -> tuple[Field, ...]:
    """The columns of a frame, told from the data dictionary where a name is known there.

    Parameters
    ----------
    like :
        Tables whose columns are meant before those of any other.
    """
    known = _known(like)
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    names = [str(name) for name in frame.columns if name != geometry]
    return tuple(_field(name, frame[name], known) for name in names)


def _field(name: str, values: "pd.Series[Any]", known: Mapping[str, Field]) -> Field:
    kind = kind_of(values)
    field = known.get(name)
    if field is None:
        return Field(name, kind, Both(name, name))
    if not _agrees(field.kind, kind):
        # A layer of that name may hold something else.
        return Field(name, kind, field.title)
    return field


def _agrees(declared: FieldKind, found: FieldKind) -> bool:
    if declared in NUMERIC:
        return found in NUMERIC and (found != "number" or declared == "number")
    return found == declared or (
        found == "text" and declared not in ("date", "time", "flag", "nested")
    )


_DTYPES: Mapping[FieldKind, str] = {
    "integer": "Int64",
    "year": "Int64",
    "number": "float64",
    "date": "datetime64[us]",
    "time": "datetime64[us]",
    "flag": "boolean",
    "nested": "object",
}


def typed(frame: pd.DataFrame, fields: Iterable[Field]) -> pd.DataFrame:
    """A frame without rows with the types of its fields, which nothing else can tell."""
    if len(frame):
        return frame
    kinds = {one.name: _DTYPES.get(one.kind, "str") for one in fields if one.name in frame}
    return frame.astype(kinds)


def kind_of(values: "pd.Series[Any]") -> FieldKind:
    """The kind of a column by what it holds.

    Examples
    --------
    >>> kind_of(pd.Series([1, 2])), kind_of(pd.Series(["a", None])), kind_of(pd.Series([True]))
    ('integer', 'text', 'flag')
    """
    dtype = values.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return "flag"
    if pd.api.types.is_integer_dtype(dtype):
        return "integer"
    if pd.api.types.is_float_dtype(dtype):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _moments(values.dropna())
    return _mixed(values.dropna()) if pd.api.types.is_object_dtype(dtype) else "text"


def _moments(values: "pd.Series[Any]") -> FieldKind:
    if values.dt.tz is not None:
        return "time"
    return "date" if bool((values == values.dt.normalize()).all()) else "time"


def _mixed(values: "pd.Series[Any]") -> FieldKind:
    kinds = {type(value) for value in values}
    if kinds & {list, dict, tuple}:
        return "nested"
    if kinds and kinds <= {bool}:
        return "flag"
    if kinds and kinds <= {int}:
        return "integer"
    if kinds and kinds <= {int, float}:
        return "number"
    if kinds and kinds <= {date}:
        return "date"
    if kinds and all(issubclass(kind, date) for kind in kinds):
        return "time"
    return "text"


def _common() -> dict[str, Field]:
    """The columns that mean the same in every table that has them."""
    found: dict[str, Field] = {}
    for table in TABLES.values():
        for column in table.columns:
            own = field_of(column)
            first = found.setdefault(column.name, own)
            if (first.vocabulary, first.references) != (own.vocabulary, own.references):
                found[column.name] = Field(column.name, own.kind, first.title)
    return found


def _named(
    name: str, kind: FieldKind, zh: str, en: str, unit: str = "", vocabulary: str = "", of: str = ""
) -> Field:
    return Field(name, kind, Both(zh, en), unit, vocabulary, of)


_UNITS = {
    "investment_wanyuan": "万元",
    "investment_wanyuan_per_km2": "万元/km²",
    "investment_wanyuan_per_mu": "万元/亩",
    "projects_per_km2": "个/km²",
    "firms_per_km2": "家/km²",
}
_COMMON = _common()
_MORE: Mapping[str, Field] = {
    **{
        name: Field(name, "number", title, _UNITS.get(name, ""))
        for name, title in MEASURE_NAMES.items()
    },
    **{
        field.name: field
        for field in (
            _named("id", "id", "编号", "id"),
            _named("code", "id", "区划代码", "district code", of="districts"),
            _named("name", "text", "名称", "name"),
            _named("name_zh", "text", "名称", "name in Chinese"),
            _named("name_en", "text", "英文名", "name in English"),
            _named("province_zh", "text", "省份", "province"),
            _named("kind", "text", "类别", "kind"),
            _named("shape", "text", "图形由来", "what the shape shows"),
            _named("source", "text", "图形来源", "source of the shape"),
            _named("via", "text", "位置由来", "how it was located"),
            _named("location_basis", "text", "位置依据", "basis of the location", "", "basis"),
            _named("at_platform_id", "id", "所在平台", "platform it is in", of="platforms"),
            _named("at_district_code", "id", "所在区县", "district it is in", of="districts"),
            _named("district_layer", "text", "区划图层", "layer of that district"),
            _named("platforms", "integer", "平台数", "platforms"),
            _named("area_km2", "number", "面积", "area", "km²"),
            _named("accuracy_m", "number", "精度半径", "radius within which it lies", "m"),
            _named("reallocated_wanyuan", "integer", "其中按面积分入", "of which by area", "万元"),
            _named("coarser_wanyuan", "number", "其中仅知更粗位置", "of which coarser", "万元"),
            _named("projects_per_mu", "number", "每亩项目数", "projects per mu", "个/亩"),
            _named("firms_per_mu", "number", "每亩企业数", "firms per mu", "家/亩"),
            _named("cell", "id", "格号", "cell"),
            _named("h3", "id", "H3 编号", "H3 index"),
            _named("verdict", "text", "是否符合布局", "agrees with the layout"),
            _named("reason_zh", "text", "理由", "reason in Chinese"),
            _named("reason_en", "text", "英文理由", "reason in English"),
            _named("table", "text", "所据表", "table it rests on"),
            _named("row", "integer", "所据行", "row it rests on"),
            _named("file", "text", "所据文件", "file it rests on"),
            _named("figure_id", "id", "数字编号", "figure"),
            _named("subject_zh", "text", "对象名称", "subject in Chinese"),
            _named("subject_en", "text", "对象英文名", "subject in English"),
            _named("enterprise_zh", "text", "企业名称", "firm in Chinese"),
            _named("enterprise_en", "text", "企业英文名", "firm in English"),
            _named("sector_zh", "text", "产业名称", "sector in Chinese"),
            _named("sector_en", "text", "产业英文名", "sector in English"),
            _named("at_platform_zh", "text", "所在平台名称", "platform in Chinese"),
            _named("at_platform_en", "text", "所在平台英文名", "platform in English"),
            _named("at_district_zh", "text", "所在区县名称", "district in Chinese"),
            _named("at_district_en", "text", "所在区县英文名", "district in English"),
        )
    },
}
