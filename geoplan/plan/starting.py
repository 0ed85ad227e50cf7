"""Start a new plan: an empty folder that opens, checks and tells what to fill in."""

from pathlib import Path

from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan.errors import OutputError, QuestionError
from geoplan.plan.crs import MOST_AREA_ERROR, area_error, suited_crs
from geoplan.plan.opening import PLAN_FILE
from geoplan.plan.tables import empty_table, file_of, table_text
from geoplan.schema import TABLES

_PLAN_TEXT = """\
# What makes this folder a plan.
id = {id}
title_zh = {title_zh}
title_en = {title_en}
# A projected CRS in which areas and distances are right for the city.
analysis_crs = {crs}
# West, south, east, north in degrees (WGS 84): where points may lie and what maps show.
extent = [{extent}]
language = "zh"
"""

_LAYERS_TEXT = """\
# Layers

Put each layer here as GeoJSON (longitude, latitude), with a sidecar of the same name:

    title_zh = "区县"
    title_en = "Districts"
    role = "districts"          # districts, context, waters, wings, platforms, hubs, other
    key = "code"                # the property that identifies a feature
    source_id = ["my-dataset"]  # rows of data/sources.csv
    licence = "…"
    datum = "WGS 84"            # WGS 84, CGCS2000, GCJ-02, BD-09
    geometry_basis = "published"  # published, derived, approximate
    accuracy_m = 50
    valid_from = 2021-01-01     # leave out where open
    coverage = true             # areas must not overlap nor leave holes

District features need the properties `code`, `name_zh` and `name_en`. Check with `geoplan check`.
"""


def init_plan(
    folder: Path,
    *,
    title_zh: str,
    title_en: str,
    extent: tuple[float, float, float, float],
    analysis_crs: str = "",
) -> None:
    """Write a new, empty plan into ``folder``: plan.toml, header-only tables, a guide to layers.

    Parameters
    ----------
    extent :
        West, south, east, north in degrees, WGS 84.
    analysis_crs :
        A projected CRS that measures areas there to 2 %; by default the CGCS2000
        3-degree zone of the extent's middle.

    Raises
    ------
    OutputError
        The folder holds something already (nothing is overwritten), or cannot be made.
    QuestionError
        The CRS or the extent cannot be used.
    """
    analysis_crs = analysis_crs or suited_crs(extent)
    _refuse_unusable(analysis_crs, extent)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder}: exists and is not empty; name a new folder")
    try:
        (folder / "data").mkdir(parents=True)
        (folder / "layers").mkdir()
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror})") from error
    text = _PLAN_TEXT.format(
        id=_quoted(folder.resolve().name),
        title_zh=_quoted(title_zh),
        title_en=_quoted(title_en),
        crs=_quoted(analysis_crs),
        extent=", ".join(f"{number:g}" for number in extent),
    )
    for name, table in TABLES.items():
        (folder / file_of(name)).write_text(table_text(empty_table(table), table), "utf-8")
    (folder / "layers" / "README.md").write_text(_LAYERS_TEXT, "utf-8")
    # The plan file comes last: a folder is a plan only when it is complete.
    (folder / PLAN_FILE).write_text(text, "utf-8")


def _refuse_unusable(analysis_crs: str, extent: tuple[float, float, float, float]) -> None:
    west, south, east, north = extent
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise QuestionError(
            "the extent is west, south, east, north in degrees, as in 118 29 121 31"
        )
    try:
        is_projected = CRS.from_user_input(analysis_crs).is_projected
    except CRSError:
        is_projected = False
    if not is_projected:
        raise QuestionError(f"“{analysis_crs}”: name a projected CRS, for example EPSG:4549")
    off = area_error(analysis_crs, extent)
    if abs(off) > MOST_AREA_ERROR:
        raise QuestionError(
            f"{analysis_crs}: areas within the extent are off by {off:+.0%}; name a CRS made for "
            f"it, for example {suited_crs(extent) or 'an equal-area one'}"
        )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped)
    return f'"{escaped}"'
