"""Analysis results as files: tables to CSV or JSON, zones to GeoJSON or GeoPackage.

Whatever the format, the money line goes with the zones, so that the file
reconciles by itself.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.errors import OutputError
from geoplan.exchange.files.reports import Record, listed, records_of
from geoplan.exchange.files.writing import geojson_text, write_bytes, write_text
from geoplan.place.density import Density
from geoplan.plan.ledger import subject_names
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Language

_LINE_NAMES = {
    "outside": Both("(在各分区之外)", "(outside the zones)"),
    "coarser": Both("(只知更大范围)", "(known only to a coarser level)"),
    "unplaced": Both("(未落位)", "(not placed)"),
    "total": Both("(合计)", "(total)"),
}
_SHORT = ("name_zh", "name_en", "area_km2", "investment_wanyuan", "project_count", "firm_count",
          "investment_wanyuan_per_km2")  # fmt: skip


def density_records(result: Density, language: Language) -> list[dict[str, Any]]:
    """The zones as records, then what lies outside, coarser, unplaced, and the total.

    Zones and the lines below them add up to the last line. On a grid the cells
    already hold what is known only to a district; that line is then left out.
    """
    frame = pd.DataFrame(result.zones.drop(columns=result.zones.geometry.name)).reset_index()
    records = records_of(frame)
    key = frame.columns[0]
    spread = result.question.by in ("grid", "hex")
    money = asdict(result.money)
    for part, label in _LINE_NAMES.items():
        if not (spread and part == "coarser"):
            empty = dict.fromkeys(frame.columns)
            records.append({**empty, key: label[language], "investment_wanyuan": money[part]})
    return records


def write_density(result: Density, out: Path | None, language: Language) -> None:
    """Write a density result to a file by its ending, or list it on the screen.

    Raises
    ------
    OutputError
        The ending is none of .csv, .json, .geojson, .gpkg, or the file cannot be written.
    """
    records = density_records(result, language)
    if out is None:
        first = next(iter(records[0]))
        columns = [first, *(name for name in _SHORT if name in records[0])]
        rounded = [{n: _short(r[n]) for n in columns} for r in records]
        sys.stdout.write(listed(rounded, "text"))
        return
    ending = out.suffix.lower()
    money = asdict(result.money)
    if ending == ".csv":
        write_text(out, listed(records, "csv"))
    elif ending == ".json":
        zones = records[: len(result.zones)]
        content = {"question": _question(result), "money": money, "zones": zones}
        write_text(out, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    elif ending == ".geojson":
        members = {"money": money, "question": _question(result)}
        write_text(out, geojson_text(result.zones.reset_index(), members))
    elif ending == ".gpkg":
        _write_gpkg(result, out, money)
    else:
        raise OutputError(f"{out}: name a file ending in .csv, .json, .geojson or .gpkg")


def _question(result: Density) -> dict[str, Any]:
    asked = asdict(result.question)
    return {name: str(v) if name == "vintage" and v is not None else v for name, v in asked.items()}


def _write_gpkg(result: Density, out: Path, money: dict[str, int]) -> None:
    # GDAL writes a GeoPackage in place; a copy in memory keeps the file whole or absent.
    import io

    buffer = io.BytesIO()
    result.zones.reset_index().to_file(buffer, driver="GPKG", layer=result.question.by)
    write_bytes(out, buffer.getvalue())
    table = gpd.GeoDataFrame([money], geometry=[None], crs=result.zones.crs)
    pd.DataFrame(table.drop(columns="geometry")).pipe(_append_table, out)


def _append_table(frame: pd.DataFrame, out: Path) -> None:
    import pyogrio

    pyogrio.write_dataframe(frame, out, layer="money", driver="GPKG", append=True)


def write_or_list(records: Sequence[Record], out: Path | None) -> None:
    """Records to FILE.csv or FILE.json, or as text on the screen."""
    if out is None:
        sys.stdout.write(listed(records, "text"))
    elif out.suffix.lower() in (".csv", ".json"):
        write_text(out, listed(records, "csv" if out.suffix.lower() == ".csv" else "json"))
    else:
        raise OutputError(f"{out}: name a file ending in .csv or .json")


def with_names(plan: Plan, records: Sequence[Record], language: Language) -> list[dict[str, Any]]:
    """Records with the names of the sectors, districts and projects beside their ids."""
    names = subject_names(plan)
    kinds = {"sector_id": "sectors", "district_code": "districts", "id": "projects"}
    made = []
    for record in records:
        row: dict[str, Any] = {}
        for column, value in record.items():
            row[column] = value
            if column in kinds:
                pair = names.get((kinds[column], str(value)), ("", ""))
                row[column.removesuffix("_id").removesuffix("_code") + "_name"] = pair[
                    language == "en"
                ]
        made.append(row)
    return made


def _short(value: Any) -> Any:
    return (
        f"{value:,.2f}".removesuffix(".00")
        if isinstance(value, float)
        else (f"{value:,}" if isinstance(value, int) else value)
    )
