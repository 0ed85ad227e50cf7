"""Files of parcels that a browser sends: read once, turned into features of a brief, not kept.

An archive is opened by this module, not by GDAL, and only into a folder that
is gone afterwards; what a file is, is read from its content.
"""

import base64
import binascii
import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

from geoplan.plan.layers import as_lonlat
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.site.entries import BriefError, Fault
from geoplan.site.owndata import OwnData
from geoplan.site.ownfiles import read_own
from webmap.siting import MOST_CANDIDATES, too_many

LARGEST = 5 * 2**20
_UNPACKED = 60 * 2**20
_DECIMALS = 7
_MOST_BYTES_OF_AREAS = 4_000_000
Use = Literal["candidates", "areas"]
USES: Mapping[Use, str] = {"candidates": "candidates.features", "areas": "rules.features"}
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_PLAIN = {".geojson": "parcels.geojson", ".json": "parcels.geojson", ".gpkg": "parcels.gpkg"}


def features_of(plan: Plan, name: str, content: str, use: Use = "candidates") -> dict[str, Any]:
    """The features of an uploaded file, in longitude and latitude.

    Parameters
    ----------
    name :
        What the file is called; only its ending counts.
    content :
        The file in base64.
    use :
        Candidates are areas or points within the plan, a few thousand at most; areas
        that a rule keeps sites away from may be lines too and reach beyond the plan.

    Raises
    ------
    BriefError
        The file cannot be used; the message says why and what to do.
    """
    field = USES[use]
    try:
        return _read(plan, name, content, use, field)
    except _Unusable as error:
        raise BriefError("upload", [Fault(field, error.said)]) from error


class _Unusable(Exception):  # noqa: N818
    """Why a file cannot be used."""

    def __init__(self, said: Both) -> None:
        super().__init__(said.en)
        self.said = said


def _read(plan: Plan, name: str, content: str, use: Use, field: str) -> dict[str, Any]:
    try:
        body = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _Unusable(
            Both("没有收全，请重新选择", "it did not arrive whole; choose it again")
        ) from error
    if len(body) > LARGEST:
        raise _Unusable(Both(
            "超过 5 MB；请只保留需要的要素，或简化边界",
            "it is larger than 5 MB; keep what is needed only, or simplify its borders",
        ))  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="geoplan-upload-") as folder:
        data = OwnData(
            brief=Path(name).name or "upload",
            field=field,
            folder=Path(folder),
            file=_unpacked(Path(folder), Path(name).suffix.lower(), body),
        )
        candidates = use == "candidates"
        kinds = ("Polygon", "Point") if candidates else ("Polygon", "LineString", "Point")
        frame = read_own(data, plan, kinds, every=candidates)
    if candidates and len(frame) > MOST_CANDIDATES:
        raise _Unusable(too_many(len(frame)))
    found = _collection(frame)
    if not candidates and len(orjson.dumps(found)) > _MOST_BYTES_OF_AREAS:
        raise _Unusable(Both(
            "边界过细，一份任务书放不下；请简化边界，或用命令行 geoplan site",
            "its borders are too detailed for a brief; simplify them, or use geoplan site on the "
            "command line",
        ))  # fmt: skip
    return found


def _unpacked(folder: Path, ending: str, body: bytes) -> str:
    """Write the file as what it is; its name within the folder."""
    if ending in _PLAIN:
        (folder / _PLAIN[ending]).write_bytes(body)
        return _PLAIN[ending]
    if ending != ".zip":
        raise _Unusable(Both(
            f"不支持“{ending[:12]}”；请用 GeoJSON、打成 zip 的 Shapefile 或 GeoPackage",
            f"“{ending[:12]}” cannot be read; use GeoJSON, a zipped Shapefile or GeoPackage",
        ))  # fmt: skip
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            _unpack(archive, folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _Unusable(Both(
            "压缩包打不开；请重新打成不带密码的 zip",
            "the archive cannot be opened; zip it again, without a password",
        )) from error  # fmt: skip
    return "parcels.shp"


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    found = list(_parts(archive))
    shapes = sorted({Path(info.filename).stem for info in found if _ending(info) == ".shp"})
    if len(shapes) != 1:
        raise _Unusable(Both(
            f"压缩包里有 {len(shapes)} 个 .shp；请只放一个 Shapefile(.shp .shx .dbf .prj)",
            f"there are {len(shapes)} .shp in the archive; put in one Shapefile (.shp .shx .dbf .prj)",
        ))  # fmt: skip
    own = [info for info in found if Path(info.filename).stem == shapes[0]]
    if sum(info.file_size for info in own) > _UNPACKED:
        raise _Unusable(
            Both("解开后超过 60 MB；请先筛选", "it unpacks to more than 60 MB; filter it")
        )
    left = _UNPACKED
    for info in own:
        with archive.open(info) as packed:
            # What an archive says of its sizes need not be true.
            part = packed.read(left + 1)
        left -= len(part)
        if left < 0:
            raise _Unusable(
                Both("解开后超过 60 MB；请先筛选", "it unpacks to more than 60 MB; filter it")
            )
        (folder / f"parcels{_ending(info)}").write_bytes(part)


def _parts(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    for info in archive.infolist():
        is_hidden = Path(info.filename).name.startswith((".", "__"))
        if _ending(info) in _SHAPEFILE and not is_hidden and "__MACOSX" not in info.filename:
            yield info


def _ending(info: zipfile.ZipInfo) -> str:
    return Path(info.filename).suffix.lower()


def _collection(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    geometry = as_lonlat(frame[[frame.geometry.name]]).geometry.to_numpy()
    shapes = shapely.to_geojson(
        shapely.transform(geometry, lambda xy: np.round(xy, _DECIMALS))
    ).tolist()
    columns = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    rows = [
        {str(name): kept for name, value in row.items() if (kept := _plain(value)) is not None}
        for row in columns.to_dict("records")
    ]
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": row, "geometry": orjson.loads(shape)}
            for row, shape in zip(rows, shapes, strict=True)
        ],
    }


def _plain(value: Any) -> str | int | float | bool | None:
    """A cell as JSON knows it; lists and the like are left out, and so is nothing."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, list | dict | bytes) or value is None or pd.isna(value):
        return None
    return str(value)
