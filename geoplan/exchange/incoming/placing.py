"""Shapes of a file → longitude and latitude, with every doubt about the CRS and datum asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS
from pyproj.exceptions import ProjError

from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.asking.findings import Findings, Option, Question, listed, row_numbers
from geoplan.exchange.asking.remarks import refused
from geoplan.exchange.geodata.crsguess import (
    Guess,
    box_text,
    crs_of,
    evidence,
    fits,
    guesses,
    is_far_off,
    refused_datum,
    to_lonlat,
    with_parameters,
)
from geoplan.exchange.geodata.datums import (
    Shift,
    Witnesses,
    hinted,
    is_undecided,
    measure,
    partly_shifted,
)
from geoplan.exchange.geodata.vectors import Vectors
from geoplan.exchange.incoming.witnessing import moved, witnesses
from geoplan.plan.crs import DATUMS, TO_WGS84
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

_KEEP = "WGS 84"
_SWAP, _STRAIGHT = "swap", "keep"
_MEND_SHARE = 0.5
_CHINA = (73.0, 3.0, 136.0, 54.0)
_UNREADABLE = Both(
    "坐标残缺或写法不合格式", "its coordinates are incomplete or not as the format wants them"
)
_FAULTS = {
    "Self-intersection": "自相交", "Ring Self-intersection": "环自相交", "Nested shells": "外环套外环",
    "Hole lies outside shell": "洞在外环之外", "Holes are nested": "洞套洞",
    "Interior is disconnected": "内部不连通", "Too few points in geometry component": "点数不足",
    "Invalid Coordinate": "坐标无效", "Ring is not closed": "环未闭合",
    "Duplicate Rings": "环重复",
}  # fmt: skip
"""What GEOS says of invalid shapes → the same in Chinese."""


@dataclass(frozen=True)
class Placement:
    """Shapes in longitude and latitude, WGS 84.

    Attributes
    ----------
    is_open :
        Whether a question about CRS or datum is open, so that nothing may be
        taken yet.
    """

    shapes: Shapes
    is_open: bool = False


def placed(vectors: Vectors, plan: Plan, directory: Directory, findings: Findings) -> Placement:
    """Bring the shapes of a file to longitude and latitude.

    Raises
    ------
    RefusedFileError
        A datum without public parameters, or a CRS that cannot be found out.
    """
    for at in vectors.broken:
        findings.refuse("geometry.invalid", at + 1, reason=_UNREADABLE)
    shapes = _sound(vectors.shapes, findings)
    known = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    if not known.any():
        raise refused(findings.file, "layer.empty")
    centres = shapely.get_coordinates(shapely.centroid(shapes[known]))
    crs, swapped, is_open = _found_crs(vectors, plan, centres, findings)
    if crs is None:
        return Placement(shapes, True)
    if swapped:
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    try:
        lonlat = shapely.transform(shapes, lambda xy: to_lonlat(crs, xy))
    except ProjError as error:
        raise refused(findings.file, "crs.unknown", name=str(error)) from error
    datum = findings.answers.get("datum", "")
    if datum in TO_WGS84:
        findings.warn(
            "datum.converted", datum=datum, evidence=_measured(lonlat, vectors, plan, directory)
        )
        return Placement(moved(lonlat, datum), is_open)
    if datum in DATUMS:
        return Placement(lonlat, is_open)
    asked = _ask_datum(lonlat, vectors, plan, directory, findings)
    return Placement(lonlat, is_open or asked)


def _sound(shapes: Shapes, findings: Findings) -> Shapes:
    """Shapes with finite coordinates, mended where they are invalid."""
    shapes = shapes.copy()
    counts = shapely.get_num_coordinates(shapes)
    bounds = shapely.bounds(shapes)
    endless = (counts > 0) & ~np.isfinite(bounds).all(axis=1)
    for at in np.flatnonzero(endless).tolist():
        findings.refuse("geometry.not_finite", at + 1)
    shapes[endless] = None
    broken = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
    if broken.any():
        before = shapely.area(shapes[broken])
        mended = np.array([_mended(shape) for shape in shapes[broken]], dtype=object)
        after = shapely.area(mended)
        change = np.abs(after - before) / np.maximum(np.maximum(before, after), 1e-30)
        where = np.flatnonzero(broken)
        good = change <= _MEND_SHARE
        for position in where[~good].tolist():
            reason = _reason(shapes[position])
            findings.refuse("geometry.invalid", position + 1, reason=reason)
        shapes[where] = mended
        shapes[where[~good]] = None
        if good.any():
            rows = row_numbers([position + 1 for position in where[good].tolist()])
            most = f"{change[good].max():.2%}"
            findings.warn("geometry.mended", count=int(good.sum()), rows=rows, change=most)
    return shapes


def _reason(shape: shapely.Geometry) -> Both:
    """What is wrong with a shape, and where."""
    said = shapely.is_valid_reason(shape)
    kind, bracket, place = said.partition("[")
    return Both(f"{_FAULTS.get(kind.strip(), kind)}{bracket}{place}", said)


def _mended(shape: shapely.Geometry) -> shapely.Geometry:
    """A valid shape of the same dimension."""
    dimension = shapely.get_dimensions(shape)
    mended = shapely.make_valid(shape)
    parts = shapely.get_parts(mended)
    kept = parts[shapely.get_dimensions(parts) == dimension]
    if not len(kept):
        return mended
    return kept[0] if len(kept) == 1 else shapely.union_all(kept)


def _found_crs(
    vectors: Vectors, plan: Plan, centres: Floats, findings: Findings
) -> tuple[CRS | None, bool, bool]:
    """The CRS to read the shapes in, whether to swap the axes, and whether that is still asked."""
    answer = findings.answers.get("crs", "")
    code, _, more = answer.partition(" ")
    declared = crs_of(code if more == "swapped" else answer) if answer else vectors.crs
    if answer and declared is None:
        raise refused(findings.file, "crs.unknown", name=answer)
    swapped = more == "swapped"
    if declared is not None:
        name = _name(declared)
        declared = _with_public_datum(declared, findings)
        straight, turned = fits(declared, centres, plan.meta.extent)
        if answer:
            return declared, swapped, False
        if straight >= turned and not is_far_off(straight):
            if not declared.is_geographic:
                findings.warn("crs.declared", name=name)
            return declared, False, False
        if turned > straight:
            return declared, *_ask_axes(declared, centres, turned, findings)
    return _ask_crs(vectors, plan, centres, declared, findings)


def _name(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"{crs.name} (EPSG:{code})" if code else crs.name


def _with_public_datum(crs: CRS, findings: Findings) -> CRS:
    """The CRS, if a way leads from its datum to CGCS2000; or the user's parameters."""
    name = refused_datum(crs)
    if name is None:
        return crs
    parameters = findings.answers.get("parameters", "")
    own = with_parameters(crs, parameters) if parameters and crs.geodetic_crs is not None else None
    if own is None:
        raise refused(findings.file, "crs.refused", name=name)
    return own


def _ask_axes(crs: CRS, centres: Floats, share: float, findings: Findings) -> tuple[bool, bool]:
    answer = findings.ask(
        Question(
            "axes",
            Both(f"坐标 {box_text(centres)} 像是北(纬度)在前；对调后 {share:.0%} 落在规划范围内。是否对调？",
                 f"In the coordinates {box_text(centres)} latitude or northing seems to come first; "
                 f"exchanged, {share:.0%} are in the plan's extent. Exchange them?"),
            (Option(_SWAP, Both("对调", "exchange")), Option(_STRAIGHT, Both("不对调", "keep"))),
            _SWAP, count=len(centres),
        )
    )  # fmt: skip
    return answer != _STRAIGHT, not answer


def _ask_crs(
    vectors: Vectors, plan: Plan, centres: Floats, declared: CRS | None, findings: Findings
) -> tuple[CRS | None, bool, bool]:
    """What the coordinates themselves say; confirmed by a person wherever metres are concerned."""
    found = guesses(centres, plan.meta.extent, plan.meta.analysis_crs)
    if not found and _is_elsewhere(declared, centres):
        raise refused(findings.file, "geometry.outside")
    if not found:
        raise refused(findings.file, "crs.local", box=box_text(centres))
    if declared is not None:
        findings.warn("crs.contradicted", name=_name(declared), box=box_text(centres))
    best = found[0]
    is_plain = best.code == "EPSG:4490" and not best.is_swapped and declared is None
    said = [evidence(guess, centres) for guess in found]
    hint = Both("", "") if is_plain else Both(
        "。若原为北京54或西安80，会偏 50–150 米，请先核实", ". If it is Beijing 54 or Xi'an 80 it will be 50–150 m off"
    )  # fmt: skip
    answer = findings.ask(
        Question(
            "crs",
            Both("文件未声明可用的坐标系。" + "；".join(s.zh for s in said) + hint.zh,
                 "The file declares no usable CRS. " + "; ".join(s.en for s in said) + hint.en),
            tuple(_option(guess) for guess in found), best.answer, count=len(centres),
            is_open_ended=True, is_blocking=not is_plain,
        )
    )  # fmt: skip
    chosen = answer or best.answer
    code, _, more = chosen.partition(" ")
    return crs_of(code), more == "swapped", not answer


def _is_elsewhere(declared: CRS | None, centres: Floats) -> bool:
    """Whether the coordinates are good ones, only of another region."""
    if declared is None or declared.is_geographic:
        return bool((np.abs(centres) <= (180.0, 90.0)).all())
    lonlat = to_lonlat(declared, centres)
    west, south, east, north = _CHINA
    return bool(((lonlat >= (west, south)) & (lonlat <= (east, north))).all())


def _option(guess: Guess) -> Option:
    turned = Both("(北坐标在前)", " (northing first)") if guess.is_swapped else Both("", "")
    return Option(guess.answer, Both(guess.name + turned.zh, guess.name + turned.en))


def _witnesses(
    lonlat: Shapes, vectors: Vectors, plan: Plan, directory: Directory
) -> Witnesses | None:
    return witnesses(plan, directory, vectors.columns, lonlat)


def _measured(lonlat: Shapes, vectors: Vectors, plan: Plan, directory: Directory) -> Both:
    found = _witnesses(lonlat, vectors, plan, directory)
    shift = measure(found) if found is not None else None
    return shift.evidence() if shift is not None else Both("按回答换算", "as answered")


def _ask_datum(
    lonlat: Shapes, vectors: Vectors, plan: Plan, directory: Directory, findings: Findings
) -> bool:
    """Ask about an undeclared datum; whether the answer is still open."""
    found = _witnesses(lonlat, vectors, plan, directory)
    return ask_about_datum(measure(found) if found is not None else None, found, findings)


def ask_about_datum(shift: Shift | None, found: Witnesses | None, findings: Findings) -> bool:
    """Say what was measured, and ask where a datum explains it; whether the answer is open."""
    if found is None:
        findings.warn("datum.no_witness")
        return False
    part = partly_shifted(found)
    if part is not None:
        labels = [name for name, is_off in zip(found.labels, part.shifted, strict=True) if is_off]
        findings.warn(
            "datum.partly", datum=part.datum, count=int(part.shifted.sum()), what=found.what,
            in_place=part.in_place, rows=_places(labels),
        )  # fmt: skip
        return False
    if shift is None:
        _tell_doubt(found, findings)
        return False
    if not shift.datum:
        findings.warn("datum.unexplained", evidence=shift.evidence())
        return False
    return ask_to_convert(shift.datum, shift.evidence(), shift.count, findings) == ""


def _tell_doubt(found: Witnesses, findings: Findings) -> None:
    """Say what too few or too roughly known witnesses leave open."""
    hint = hinted(found)
    if hint is not None:
        findings.warn("datum.hinted", datum=hint.datum, evidence=hint.evidence())
    elif is_undecided(found):
        accuracy = f"{np.median(found.accuracy_m):,.0f}"
        findings.warn("datum.undecided", count=len(found), what=found.what, accuracy=accuracy)


def _places(labels: Sequence[str]) -> str:
    """Row numbers, neighbours joined, or ids."""
    are_rows = all(label.isdigit() for label in labels)
    return row_numbers([int(label) for label in labels]) if are_rows else listed(labels)


def ask_to_convert(datum: str, evidence: Both, count: int, findings: Findings) -> str:
    """Whether to convert from an undeclared datum: the datum, ``WGS 84`` to keep, or still open."""
    return findings.ask(
        Question(
            "datum",
            Both(f"坐标像是 {datum}：{evidence.zh}。是否换算为 WGS 84？",
                 f"The coordinates look like {datum}: {evidence.en}. Convert them to WGS 84?"),
            (Option(datum, Both(f"是，由 {datum} 换算", f"yes, convert from {datum}")),
             Option(_KEEP, Both("不，坐标本来就对", "no, the coordinates are right"))),
            datum, count=count,
        )
    )  # fmt: skip
