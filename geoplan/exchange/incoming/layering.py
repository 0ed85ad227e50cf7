"""Geodata as a layer of the plan: new, or changes to one that is there, feature by feature."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import orjson
import shapely

from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.asking.findings import Findings, Option, Question
from geoplan.exchange.asking.proposals import FieldChange, LayerChange, Mapped, Proposal, hash_of
from geoplan.exchange.asking.remarks import refused
from geoplan.exchange.geodata.areas import closed, only_areas
from geoplan.exchange.geodata.vectors import Vectors
from geoplan.exchange.incoming.consequences import Origin, source_id, sources_change
from geoplan.exchange.incoming.featuretexts import (
    collection_text,
    rounded,
    shapes_of,
    shown,
)
from geoplan.exchange.incoming.layermerging import Exported, exported_layer
from geoplan.exchange.incoming.merging import exported_state
from geoplan.exchange.incoming.placing import placed
from geoplan.exchange.incoming.recalling import recalled_layer
from geoplan.exchange.incoming.shapetables import CUT_NAME_BYTES
from geoplan.exchange.incoming.sidecars import (
    asked_facts,
    closed_vintages,
    new_sidecar,
    with_source,
)
from geoplan.exchange.sheets.parsing import said
from geoplan.exchange.sheets.titles import title_key
from geoplan.plan.crs import FROM_WGS84, move_lonlat
from geoplan.plan.layers import ROLES, Layer
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.tables import file_of

Shapes = npt.NDArray[np.object_]

_DISTRICT_TITLES: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "区划代码", "行政区划代码", "区县代码", "代码", "编码", "adcode", "pac", "xzqdm", "xzqhdm", "id"),
    "name_zh": ("name_zh", "名称", "区县名称", "区县", "行政区", "行政区名称", "xzqmc", "name", "name_chn", "地名"),
    "name_en": ("name_en", "英文名", "英文名称", "name_eng", "ename"),
}  # fmt: skip
_AREAL_ROLES = ("districts", "wings")
_PARCELS = "parcels"
_KEYED_ROLES = ("districts", "wings", "platforms", "hubs")
_ADDED_BY_FORMATS = ("id", "fid", "Name", "description", "layer", "path")
_KEYS = (
    "id",
    "code",
    "key",
    "编号",
    "编码",
    "代码",
    "objectid",
    "fid",
    "gid",
    "地块编号",
    "宗地编号",
)


def layer_target(plan: Plan, as_: str) -> tuple[str, str] | None:
    """Name and role of the layer that is meant; ``None`` if a table is."""
    name = as_.removeprefix("layer:")
    if as_ in ROLES and as_ not in plan.tables:
        return "", as_
    if as_ == "layer":
        return "", "other"
    if as_ == _PARCELS:
        return _PARCELS, "other"
    if not as_.startswith("layer:"):
        return None
    if name in plan.layers:
        return name, plan.layers[name].role
    return name, name if name in ROLES else "other"


def propose_layer(
    plan: Plan, vectors: Vectors, target: tuple[str, str], mapping: Mapping[str, str],
    findings: Findings, origin: Origin,
) -> Proposal:  # fmt: skip
    """What importing geodata as a layer would change."""
    directory = Directory(plan)
    candidates = [plan.layers[target[0]]] if target[0] in plan.layers else []
    if not target[0] and target[1] in _KEYED_ROLES:
        candidates = list(plan.layers_of(target[1]))
    vectors = recalled_layer(plan, vectors, candidates, findings)
    placement = placed(vectors, plan, directory, findings)
    role = target[1]
    columns, mapped = _renamed(vectors, role, mapping)
    shapes = placement.shapes
    if role in _AREAL_ROLES or target[0] == _PARCELS:
        shapes = closed(shapes)
        # Parcels may be known by a point each, but not some so and some so.
        if role in _AREAL_ROLES or (shapely.get_dimensions(shapes) == 2).any():
            shapes = only_areas(shapes, vectors.form, findings)
    is_export = bool(exported_state(vectors.said, plan))
    keep = _kept(shapes, plan, findings, is_export=is_export)
    frame = _Features(columns, shapes, keep)
    layer = _existing(plan, target, frame, is_export=is_export)
    if layer is not None and is_export:
        # What a format adds to an export is not the layer's.
        own = {
            n: v for n, v in frame.columns.items() if n in layer.frame or n not in _ADDED_BY_FORMATS
        }
        frame.columns = own
    name = layer.name if layer is not None else _new_name(plan, target, vectors, origin)
    key = _key(frame, layer, role, name, findings)
    if layer is None and role == "districts" and "name_zh" in frame.columns:
        # District features need an English name, too.
        frame.columns.setdefault("name_en", frame.columns["name_zh"])
    source = source_id(plan, origin)
    facts = asked_facts(role, findings) if layer is None else {}
    change = LayerChange(name, {})
    if not placement.is_open and not any(question.is_blocking for question in findings.questions):
        exported = exported_layer(plan, layer, vectors.said, findings)
        # Names of layers are plain letters; what people call it is its title.
        titled = replace(origin, facts={"title_zh": vectors.layer, **origin.facts})
        change = _change(
            plan, layer, name, role, key, frame, facts, exported, findings, titled, source
        )
    tables = {} if change.is_empty else sources_change(plan, origin, source)
    waiting = 0 if change.files or change.unchanged else int(keep.sum())
    files = (*change.files, *(file_of(table) for table in tables))
    return Proposal(
        findings.file, origin.sha256, f"layer:{name}", source, vectors.form, mapped, tables,
        {name: change}, *findings.told(),
        tuple(findings.questions), waiting, len(vectors),
        {file: hash_of(plan.folder / file) for file in files},
    )  # fmt: skip


class _Features:
    """Features that may be taken: their number in the file, properties, shape."""

    def __init__(
        self, columns: Mapping[str, Sequence[Any]], shapes: Shapes, keep: npt.NDArray[np.bool_]
    ) -> None:
        self.at = np.flatnonzero(keep).tolist()
        self.columns = {
            name: [_value(values[at]) for at in self.at] for name, values in columns.items()
        }
        self.shapes = shapely.orient_polygons(rounded(shapes[self.at]))

    def properties(self, i: int) -> dict[str, Any]:
        return {name: values[i] for name, values in self.columns.items()}


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return said(value) or None
    if isinstance(value, float):
        return (
            None
            if value != value
            else (int(value) if value.is_integer() and abs(value) < 2**53 else value)
        )
    return value


def _renamed(
    vectors: Vectors, role: str, mapping: Mapping[str, str]
) -> tuple[dict[str, Sequence[Any]], tuple[Mapped, ...]]:
    """Columns under the names they get in the layer."""
    names: dict[str, str] = {}
    for name in vectors.columns:
        full = vectors.keys.get(name, name)
        names[name] = mapping.get(name, mapping.get(full, full))
    if role == "districts":
        for wanted, titles in _DISTRICT_TITLES.items():
            if wanted not in names.values():
                best = min(names, key=lambda name: _rank(names[name], titles), default="")
                if best and _rank(names[best], titles) < len(titles):
                    names[best] = wanted
    columns: dict[str, Sequence[Any]] = {
        new: vectors.columns[old] for old, new in names.items() if new
    }
    if role == "districts" and "code" in columns:
        columns["code"] = [said(v) if v is not None else None for v in columns["code"]]
    mapped = (Mapped(old, new, "", "title" if new != old else "") for old, new in names.items())
    return columns, tuple(mapped)


def _rank(name: str, titles: Sequence[str]) -> int:
    """How well a field's name fits titles, the best first; it may have been cut to ten bytes."""
    keys = [title_key(title) for title in titles]
    own = title_key(name)
    if name in _DISTRICT_TITLES and name != titles[0]:
        return len(keys)
    if own in keys:
        return keys.index(own)
    if len(name.encode()) in CUT_NAME_BYTES and not name.isascii():
        return next((i for i, key in enumerate(keys) if key.startswith(own)), len(keys))
    return len(keys)


def _kept(
    shapes: Shapes, plan: Plan, findings: Findings, *, is_export: bool
) -> npt.NDArray[np.bool_]:
    """Features with a shape in the plan's extent, where an export of the plan's own may be beyond."""
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    told = {remark.row for remark in findings.refused}
    if any(remark.code == "geometry.kind" for remark in findings.skipped):
        told |= set((np.flatnonzero(missing) + 1).tolist())
    for at in np.flatnonzero(missing).tolist():
        if at + 1 not in told:
            findings.refuse("geometry.empty", at + 1)
    if is_export:
        return np.asarray(~missing, dtype=bool)
    box = shapely.box(*plan.meta.extent)
    outside = ~missing & ~shapely.intersects(shapes, box)
    if outside.all() or not outside.any() or outside.sum() == (~missing).sum():
        return np.asarray(~missing, dtype=bool)
    for at in np.flatnonzero(outside).tolist():
        findings.refuse("geometry.outside", at + 1)
    return np.asarray(~missing & ~outside, dtype=bool)


def _existing(
    plan: Plan, target: tuple[str, str], frame: _Features, *, is_export: bool
) -> Layer | None:
    """The layer that is meant to change: by name, or of the role with the same keys."""
    name, role = target
    if name:
        return plan.layers.get(name)
    for layer in plan.layers_of(role) if role in _KEYED_ROLES else ():
        if layer.key in frame.columns and layer.key in layer.frame:
            mine = {shown(value) for value in frame.columns[layer.key] if value is not None}
            theirs = set(layer.frame[layer.key].dropna().astype(str))
            # Other areas under other codes are other boundaries, not changes to these.
            if mine == theirs or (is_export and mine & theirs):
                return layer
    return None


def _new_name(plan: Plan, target: tuple[str, str], vectors: Vectors, origin: Origin) -> str:
    name, role = target
    base = re.sub(
        r"[^A-Za-z0-9_-]+", "_", name or (role if role != "other" else vectors.layer)
    ).strip("_")
    base = base or f"layer-{origin.sha256[:8]}"
    same = [n for n in plan.layers if n == base]
    return base if not same else f"{base}-{origin.sha256[:8]}"


def _key(frame: _Features, layer: Layer | None, role: str, name: str, findings: Findings) -> str:
    """The column that identifies a feature; made from the shapes where there is none."""
    if layer is not None and layer.key in frame.columns:
        return layer.key
    if role == "districts" and "code" not in frame.columns:
        title = Both("区划代码", "district code")
        raise refused(
            findings.file, "column.missing", title=title, example="code", answer="mapping"
        )
    if role == "districts":
        return "code"
    likely = [c for c in frame.columns if title_key(c) in map(title_key, _KEYS)]
    for column in (findings.answers.get("key", ""), *likely):
        if _is_unique(frame.columns.get(column, ())):
            return column
    if layer is None:
        _ask_key(frame, likely, findings)
    key = layer.key if layer is not None else "id"
    digests = [_digest(shape) for shape in frame.shapes]
    frame.columns = {
        key: [f"{name}-{d}" for d in digests],
        **{n: v for n, v in frame.columns.items() if n != key},
    }
    return key


def _is_unique(values: Sequence[Any]) -> bool:
    return (
        len(values) > 0
        and all(value is not None for value in values)
        and len(set(map(str, values))) == len(values)
    )


def _ask_key(frame: _Features, likely: Sequence[str], findings: Findings) -> None:
    """Say that features are identified by their shapes, and offer the columns that could do it."""
    able = [
        name for name, values in frame.columns.items()
        if _is_unique(values) and not any(isinstance(value, float) for value in values)
    ]  # fmt: skip
    if not frame.at or not (likely or able):
        return
    why = Both("没有编号列", "There is no column of identifiers")
    if likely:
        why = Both(
            f"“{likely[0]}”有重复或空值，不能作编号",
            f"“{likely[0]}” has gaps or repeats itself, so it identifies nothing",
        )
    findings.ask(
        Question(
            "key",
            Both(f"{why.zh}，编号改由图形生成；要用哪一列作编号？",
                 f"{why.en}; the shapes themselves do. Which column should?"),
            tuple(Option(name, Both(name, name)) for name in able), "", count=len(frame.at),
            is_open_ended=True, is_blocking=False,
        )
    )  # fmt: skip


def _digest(shape: shapely.Geometry) -> str:
    return hashlib.sha256(shapely.to_wkb(shapely.normalize(shape))).hexdigest()[:10]


def _change(
    plan: Plan, layer: Layer | None, name: str, role: str, key: str, frame: _Features,
    facts: Mapping[str, Any], exported: Exported, findings: Findings, origin: Origin, source: str,
) -> LayerChange:  # fmt: skip
    content = orjson.loads((plan.folder / layer.file).read_bytes()) if layer is not None else {}
    features: list[dict[str, Any]] = content.get("features", [])
    known = {shown((f.get("properties") or {}).get(key)): i for i, f in enumerate(features)}
    before = shapes_of(features)
    shapes = _in_datum_of(layer, frame.shapes)
    texts = shapely.to_geojson(shapes)
    added: list[str] = []
    moved: list[str] = []
    fields: list[FieldChange] = []
    unchanged = 0
    seen: set[str] = set()
    for i, at in enumerate(frame.at):
        properties = frame.properties(i)
        code = shown(properties[key])
        place = known.get(code)
        if code in seen:
            findings.refuse("key.twice", at + 1, value=code)
            continue
        seen.add(code)
        if place is None:
            geometry = orjson.loads(texts[i])
            features.append({"type": "Feature", "properties": properties, "geometry": geometry})
            known[code] = len(features) - 1
            added.append(code)
            continue
        feature = features[place]
        old = feature.get("properties") or {}
        told = exported.news(code, old, properties, key, findings)
        fields += [
            FieldChange(place + 1, code, n, shown(a), shown(b), at + 1)
            for n, (a, b) in told.items()
        ]
        feature["properties"] = old | {name: now for name, (_, now) in told.items()}
        is_moved = exported.is_moved(code, before[place], shapes[i], findings)
        if is_moved:
            moved.append(code)
            feature["geometry"] = orjson.loads(texts[i])
        unchanged += not is_moved and not told
    present = {shown(values[key]) for values in map(frame.properties, range(len(frame.at)))}
    gone = exported.gone(
        present, [code for code, place in known.items() if place < len(before)], findings
    )
    features = [f for f in features if shown((f.get("properties") or {}).get(key)) not in gone]
    if not (added or moved or fields or gone):
        return LayerChange(name, {}, unchanged=unchanged)
    files = {f"layers/{name}.geojson": collection_text(content, features).encode()}
    if layer is None:
        sidecar = new_sidecar(name, role, key, source, origin, facts)
        files[f"layers/{name}.toml"] = sidecar.encode()
        files |= closed_vintages(plan, facts.get("valid_from"))
    elif (plan.folder / layer.sidecar).is_file():
        text = (plan.folder / layer.sidecar).read_text("utf-8")
        files[layer.sidecar] = with_source(text, source).encode()
    return LayerChange(
        name, files, tuple(added), tuple(fields), tuple(moved), tuple(gone), unchanged
    )


def _in_datum_of(layer: Layer | None, shapes: Shapes) -> Shapes:
    """Shapes as the layer's file writes them."""
    datum = str(layer.facts.get("datum")) if layer is not None else ""
    if datum not in FROM_WGS84:
        return shapes
    series = gpd.GeoSeries(shapes, crs="OGC:CRS84")
    return np.asarray(move_lonlat(series, FROM_WGS84[datum]).to_numpy(), dtype=object)
