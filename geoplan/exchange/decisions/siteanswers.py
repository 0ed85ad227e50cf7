"""The answer to a brief where a person or a GIS takes it: a listing, a file, a sheet."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd

from geoplan.errors import OutputError, QuestionError
from geoplan.exchange.decisions.siteresults import result_csv, result_geojson, result_workbook
from geoplan.exchange.decisions.sitesheet import sheet_docx, sheet_pdf
from geoplan.exchange.files.writing import write_bytes, write_text
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Language
from geoplan.site.brief import brief_from
from geoplan.site.candidates import candidates
from geoplan.site.record import record_text

Record = Mapping[str, Any]

_LISTED = 12
_SHEETS: Mapping[str, Callable[..., bytes]] = {".pdf": sheet_pdf, ".docx": sheet_docx}


def write_result(
    record: Record,
    plan: Plan,
    out: Path,
    language: Language,
    shapes: gpd.GeoDataFrame | None = None,
) -> None:
    """Write a decision as the form that the file's ending names.

    Parameters
    ----------
    shapes :
        The candidates' geometry, where they are none of the plan's.

    Raises
    ------
    OutputError
        The ending is none of ``.json``, ``.geojson``, ``.xlsx``, ``.csv``.
    """
    match out.suffix.lower():
        case ".json":
            write_text(out, record_text(record))
        case ".geojson":
            write_text(out, result_geojson(record, plan, shapes))
        case ".xlsx":
            write_bytes(out, result_workbook(record, language, plan))
        case ".csv":
            write_text(out, result_csv(record, language))
        case other:
            raise OutputError(
                f"{out}: “{other}” is no form of a decision; name a .json (the record), .geojson, "
                ".xlsx or .csv file"
            )


def write_sheet(
    record: Record,
    site: str,
    plan: Plan,
    out: Path,
    language: Language,
    shapes: gpd.GeoDataFrame | None = None,
) -> None:
    """Write the one-page sheet of a site as PDF or DOCX.

    Raises
    ------
    QuestionError
        The record has no such site.
    OutputError
        The file is neither.
    """
    known = [one["id"] for one in record["sites"]]
    if site not in known:
        raise QuestionError(
            f"the record has no site “{site}”; choose one of {', '.join(known[:_LISTED])}"
            + (" …" if len(known) > _LISTED else "")
        )
    make = _SHEETS.get(out.suffix.lower())
    if make is None:
        raise OutputError(f"{out}: a site sheet is a .pdf or a .docx file")
    write_bytes(out, make(record, site, plan, language, shapes=shapes))


def shapes_of(record: Record, plan: Plan, folder: Path | None) -> gpd.GeoDataFrame | None:
    """The candidates of a record that are none of the plan's, with their geometry.

    Parameters
    ----------
    folder :
        Where the files that the brief names lie.
    """
    if record["brief"].get("candidates", {}).get("kind", "platforms") == "platforms":
        return None
    return candidates(plan, brief_from(record["brief"], plan, folder))


def result_text(record: Record, language: Language) -> str:
    """A decision for the terminal: the first sites with their reasons, and why not the others."""
    return "\n".join(_lines(record, language))


def _lines(record: Record, language: Language) -> Iterator[str]:
    zh = language == "zh"
    counts = record["counts"]
    yield record["question"]["title"] or ("选址" if zh else "Site selection")
    yield (
        "候选 {candidates}：可选 {allowed}，排除 {excluded}，不明 {unknown}".format(**counts)
        if zh
        else "{candidates} candidates: {allowed} allowed, {excluded} excluded, {unknown} unknown".format(
            **counts
        )
    )
    for state, title in _TITLES[language].items():
        sites = [site for site in record["sites"] if site["state"] == state]
        if sites:
            yield ""
            yield f"{title} ({len(sites)})"
        for site in sites[:_LISTED]:
            yield from _site_lines(site, language)
        if len(sites) > _LISTED:
            yield f"… {len(sites) - _LISTED}"


def _site_lines(site: Mapping[str, Any], language: Language) -> Iterator[str]:
    name = f"{site[language]}  [{site['id']}]"
    if site["state"] != "allowed":
        yield f"  {name}  {site['score']:.3f}"
        for check in site["checks"]:
            if check["state"] == site["state"]:
                yield f"      {check[language]}"
        return
    first = site["first"]
    sure = f"{first['share']:.0%} ± {first['error']:.0%}"
    said = f"第一的频率 {sure}" if language == "zh" else f"first in {sure} of weightings"
    yield f"{site['rank']:>3}  {name}  {site['score']:.3f} ({site['score_low']:.2f}–{site['score_high']:.2f})  {said}"
    for reason in site["reasons"][:3]:
        quote = (
            f" “{reason['cite']['quote']}”" if reason["cite"] and reason["cite"]["quote"] else ""
        )
        yield f"      {reason[language]}{quote}"


_TITLES: Mapping[Language, Mapping[str, str]] = {
    "zh": {"allowed": "可选", "unknown": "不能判定", "excluded": "排除"},
    "en": {"allowed": "Allowed", "unknown": "Cannot be judged", "excluded": "Excluded"},
}
