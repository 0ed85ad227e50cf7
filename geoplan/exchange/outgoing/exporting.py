"""Export datasets of a plan to a file any GIS or office program opens."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import OutputError
from geoplan.exchange.files.replacing import replaced, write_chunks
from geoplan.exchange.outgoing.dataset import Dataset
from geoplan.exchange.outgoing.datasets import datasets
from geoplan.exchange.outgoing.encoding import Progress
from geoplan.exchange.outgoing.formats import FORMATS, Format, format_of, style_text
from geoplan.exchange.outgoing.looks import look_of
from geoplan.exchange.outgoing.order import ENCODINGS, LONLAT, Encoding, Order, Part, Tell, crs_of
from geoplan.exchange.outgoing.provenance import provenance
from geoplan.exchange.outgoing.tabular import write_csv_sidecar
from geoplan.plan.opening import PLAN_FILE, Plan, is_plan
from geoplan.plan.problems import Both, Language
from geoplan.site.conditions import ConditionError, holds, missing_column, parse

EVERYTHING = "all"
_OWN_FOLDERS = ("data", "layers", ".geoplan")


def export(
    plan: Plan,
    name: str | Sequence[str],
    to: Path,
    crs: str | int | None = None,
    language: Language = "zh",
    where: str = "",
    *,
    form: str = "",
    encoding: str = "UTF-8",
    bom: bool = True,
    today: date | None = None,
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> Path:
    """Write one or several datasets to a file, whole or not at all.

    Beside a CSV its origin and columns are written as ``….csv-metadata.json``,
    beside a GeoJSON or FlatGeobuf its QGIS style, where there is none yet.

    Parameters
    ----------
    name :
        Of a dataset, or of the table or layer behind it; several as a list or
        with commas; ``all`` for everything the format can hold.
    to :
        The file; its ending says the format unless ``form`` does.
    crs :
        A number of EPSG, or ``plan``; what the format usually has if empty.
    where :
        Only rows that meet this condition: ``kind = airport and area_km2 >= 1``.
    encoding :
        Of a Shapefile: ``UTF-8`` or ``GB18030``.
    bom :
        Whether a CSV begins with a byte order mark, which Excel needs.
    today :
        Day written into the file; today's if not given.
    progress :
        Told how many rows are done, and of how many.
    tell :
        Told what the format could not hold as it was.

    Raises
    ------
    QuestionError
        There is no such dataset.
    ConditionError
        The condition cannot be read or names no column.
    OutputError
        The format cannot hold that, the CRS is unknown, the place is part of a
        plan, or the file cannot be written.
    """
    chosen = format_of(to, form)
    refuse_own_folder(to)
    order = _order(
        plan, chosen, crs, language, encoding, bom, today or date.today(), progress, tell
    )
    parts = parts_of(plan, name, chosen, order, where)
    with replaced(to) as made:
        chosen.write(made, parts, order)
    _write_beside(to, chosen, parts, order)
    return to


@dataclass(frozen=True)
class Download:
    """An exported file in memory."""

    content: bytes
    media_type: str
    file_name: str
    told: tuple[Both, ...] = ()


def exported(
    plan: Plan,
    name: str | Sequence[str],
    form: str,
    crs: str | int | None = None,
    language: Language = "zh",
    where: str = "",
    *,
    encoding: str = "UTF-8",
    bom: bool = True,
    today: date | None = None,
) -> Download:
    """As :func:`export`, to memory."""
    chosen = format_of(Path(), form)
    told: list[Both] = []
    order = _order(
        plan, chosen, crs, language, encoding, bom, today or date.today(), None, told.append
    )
    parts = parts_of(plan, name, chosen, order, where)
    stem = parts[0].name if len(parts) == 1 else EVERYTHING
    with tempfile.TemporaryDirectory(prefix="geoplan-") as folder:
        path = Path(folder) / f"{plan.meta.id}-{stem}{chosen.ending}"
        chosen.write(path, parts, order)
        return Download(path.read_bytes(), chosen.media_type, path.name, tuple(told))


def _order(
    plan: Plan,
    form: Format,
    crs: str | int | None,
    language: Language,
    encoding: str,
    bom: bool,
    today: date | None,
    progress: Progress | None,
    tell: Tell | None,
) -> Order:
    usual = "plan" if form.crs == "plan" and form.shapes else LONLAT
    found = crs_of(plan, crs, usual)
    if form.lonlat_only and found != LONLAT:
        raise OutputError(
            f"{form.name} is always longitude and latitude, WGS 84; for {found} write a GeoPackage"
        )
    return Order(
        crs=found,
        language=language,
        encoding=_encoding(encoding),
        bom=bom,
        today=today,
        progress=progress,
        **({"tell": tell} if tell is not None else {}),
    )


def _encoding(asked: str) -> Encoding:
    alike = {"utf8": "UTF-8", "utf-8": "UTF-8", "gbk": "GB18030", "gb2312": "GB18030"}
    name = alike.get(asked.lower(), asked.upper())
    for known in ENCODINGS:
        if name == known:
            return known
    raise OutputError(f"“{asked[:20]}” is no encoding; choose {' or '.join(ENCODINGS)}")


def parts_of(
    plan: Plan, name: str | Sequence[str], form: Format, order: Order, where: str = ""
) -> list[Part]:
    """The rows that go into a file, in its CRS, with origin and look.

    Raises
    ------
    QuestionError, ConditionError, OutputError
        As :func:`export`.
    """
    chosen = _chosen(plan, name, form)
    return [_part(plan, dataset, order, where, form) for dataset in chosen]


def _chosen(plan: Plan, name: str | Sequence[str], form: Format) -> list[Dataset]:
    known = datasets(plan)
    names = [n.strip() for n in name.split(",")] if isinstance(name, str) else list(name)
    if names == [EVERYTHING]:
        fitting = [one for one in known.values() if form.tables or one.is_spatial]
        if not form.shapes:
            fitting = [one for one in fitting if one.kind in ("table", "result")]
        chosen = [one for one in fitting if len(one.frame(plan))]
    else:
        # Two names may mean the same: in a table the located projects are the projects.
        found = [known.find(one, form.shapes) for one in names]
        chosen = list({one.name: one for one in found}.values())
    if len(chosen) > 1 and not form.several:
        able = ", ".join(one.ending for one in FORMATS.values() if one.several)
        raise OutputError(f"{form.name} holds one dataset in a file; for several use {able}")
    if not chosen:
        raise OutputError("the plan has nothing that this format could hold")
    return chosen


def _part(plan: Plan, dataset: Dataset, order: Order, where: str, form: Format) -> Part:
    if not (dataset.is_spatial or form.tables):
        able = ", ".join(one.ending for one in FORMATS.values() if one.tables)
        raise OutputError(f"“{dataset.name}” has no shapes, which {form.name} needs; use {able}")
    frame = dataset.flat(dataset.frame(plan))
    origin = provenance(plan, dataset, order.today)
    if where.strip():
        count = len(frame)
        frame = _filtered(frame, where)
        origin |= {"where": where.strip(), "rows": len(frame), "rows_of": count}
        if not len(frame):
            order.tell(
                Both(f"“{dataset.name}”没有符合条件的行。", f"No row of “{dataset.name}” fits.")
            )
    look = look_of(plan, dataset, frame, order.language)
    if isinstance(frame, gpd.GeoDataFrame) and form.shapes:
        frame = _moved(frame, order.crs, dataset.name)
        origin["crs"] = order.crs
    return Part(dataset, frame, origin, look)


def _filtered(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    condition = parse(where)
    shapes = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    columns = [str(name) for name in frame.columns if name != shapes]
    missing = missing_column(condition, columns)
    if missing is not None:
        raise ConditionError(missing)
    met = holds(condition, pd.DataFrame(frame[columns])).to_numpy(dtype=bool, na_value=False)
    return frame[met]


def _moved(frame: gpd.GeoDataFrame, crs: str, name: str) -> gpd.GeoDataFrame:
    if frame.crs is None:
        raise OutputError(f"“{name}” has no CRS; say in the layer's sidecar which datum it has")
    moved: gpd.GeoDataFrame = frame.to_crs(crs)
    shapes = moved.geometry.to_numpy()
    placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not np.isfinite(shapely.bounds(shapes[placed])).all():
        raise OutputError(f"“{name}” cannot be shown in {crs}: it lies outside of what that covers")
    return moved


def _write_beside(to: Path, form: Format, parts: Sequence[Part], order: Order) -> None:
    if form.name == "csv":
        write_csv_sidecar(to, parts[0], order)
    if form.name in ("geojson", "flatgeobuf"):
        beside = to.with_suffix(".qml")
        text = style_text(parts[0], order)
        # A style that somebody has made stays.
        if text and not beside.exists():
            write_chunks(beside, [text.encode("utf-8")])


def refuse_own_folder(to: Path) -> None:
    """Refuse to write where a plan is read from: the file would be taken for a part of it.

    Raises
    ------
    OutputError
        The place is part of a plan.
    """
    place = to.resolve()
    for folder in place.parents:
        if not is_plan(folder):
            continue
        inside = place.relative_to(folder).parts
        if inside[0] in _OWN_FOLDERS or inside == (PLAN_FILE,):
            raise OutputError(
                f"{to}: this is part of the plan in {folder}; write the export somewhere else"
            )
