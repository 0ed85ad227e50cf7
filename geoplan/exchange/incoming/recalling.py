"""Exports that come back without their marks: told by their columns, and by which state they are nearest.

Programs that write a layer anew keep its rows and drop what the file said of
itself. Without that, what the plan changed meanwhile would be undone.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from geoplan.exchange.asking.findings import Findings, Option, Question
from geoplan.exchange.asking.proposals import hash_of
from geoplan.exchange.geodata.vectors import Vectors
from geoplan.exchange.incoming.featuretexts import differing, is_same_shape, shown
from geoplan.exchange.incoming.merging import (
    PLAN_FILES,
    exported_plan,
    exported_state,
    is_same,
    plan_hash_of,
)
from geoplan.exchange.incoming.returning import known_shapes
from geoplan.exchange.outgoing.datasets import datasets
from geoplan.exchange.outgoing.order import ENCODINGS
from geoplan.exchange.outgoing.shapefile import short_names
from geoplan.plan.journal import contents_by_sha256, former_states
from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.tables import file_of
from geoplan.schema import CITATION_NAMES, TABLES

_MARKS = frozenset(("id", "via", "location_basis", "district_layer"))
_MOST_STATES = 50
_MOST_OPENED = 6
_MOST_MISSING = 0.5
_FOREIGN = "file-"
_MERGE, _PLAIN = "merge", "plain"

Score = Callable[[bytes], int]


def recalled_table(plan: Plan, vectors: Vectors, table: str, findings: Findings) -> Vectors:
    """A file together with the state of the plan that it was exported from, if it was."""
    if exported_state(vectors.said, plan):
        return vectors
    found = datasets(plan)
    for name in (table, f"table_{table}"):
        keys = _keys(vectors, [one.name for one in found[name].fields]) if name in found else {}
        names = {keys.get(own, own): own for own in vectors.columns}
        is_whole = set(TABLES[table].column_names) <= set(names)
        if (is_whole and "id" in names) or (set(names) >= _MARKS):
            break
    else:
        return vectors
    ids = [shown(value) for value in vectors.columns[names["id"]]]
    fields = [n for n in TABLES[table].column_names if n in names and n not in CITATION_NAMES]
    theirs = {
        key: {name: _text(vectors.columns[names[name]][at]) for name in fields}
        for at, key in enumerate(ids)
        if key
    }
    states = _nearest(plan, file_of(table), partial(_cells_apart, theirs=theirs))
    if not states or not _confirmed(plan, table, file_of(table), states[0], findings):
        return vectors
    shapes = dict(zip(ids, vectors.shapes, strict=True))
    state = _least_moved(plan, table, states, shapes) if set(names) >= _MARKS else states[0]
    return _marked(vectors, plan, state, keys)


def recalled_layer(
    plan: Plan, vectors: Vectors, layers: Sequence[Layer], findings: Findings
) -> Vectors:
    """The same for a file that may be one of these layers."""
    if exported_state(vectors.said, plan):
        return vectors
    for layer in layers:
        sources = layer.facts.get("source_id") or []
        if layer.key not in layer.frame or all(str(s).startswith(_FOREIGN) for s in sources):
            # A layer that came from elsewhere is brought up to date from there.
            continue
        own = [str(name) for name in layer.frame.columns if name != layer.frame.geometry.name]
        keys = _keys(vectors, own)
        names = {keys.get(name, name): name for name in vectors.columns}
        if not set(own) <= set(names):
            continue
        codes = [shown(value) for value in vectors.columns[names[layer.key]]]
        known = set(layer.frame[layer.key].dropna().astype(str))
        missing = len(known - set(codes)) / max(len(known), 1)
        if missing > (0 if layer.role == "districts" else _MOST_MISSING):
            continue
        rows = {
            code: {name: vectors.columns[names[name]][at] for name in own}
            for at, code in enumerate(codes)
        }
        score = partial(_features_apart, theirs=rows, key=layer.key)
        states = _nearest(plan, layer.file, score)
        if states and _confirmed(plan, layer.name, layer.file, states[0], findings):
            return _marked(vectors, plan, states[0], keys)
    return vectors


def _keys(vectors: Vectors, names: Sequence[str]) -> dict[str, str]:
    """Short name → full one, where the columns are those of a shapefile that was exported."""
    if set(names) <= set(vectors.columns):
        return {}
    for encoding in ENCODINGS:
        short = dict(zip(short_names(names, encoding), names, strict=True))
        if set(short) <= set(vectors.columns):
            return short
    return {}


def _marked(
    vectors: Vectors, plan: Plan, state: Mapping[str, str], keys: Mapping[str, str]
) -> Vectors:
    said = f"{vectors.said} {plan.meta.id} {plan_hash_of(state)}"
    return replace(vectors, said=said, keys={**keys, **vectors.keys})


def _confirmed(
    plan: Plan, name: str, file: str, state: Mapping[str, str], findings: Findings
) -> bool:
    merging = Both(
        "按最接近的版本合并，只取文件中改动之处？",
        "Merge it with the nearest state, taking only what was changed in the file?",
    )
    if state[file] == hash_of(plan.folder / file):
        # Of edits by hand no former content is kept to tell whose change a cell is.
        merging = Both(
            "最接近的是计划现状，因此导出之后在计划中手工改过的单元格会被改回，请核对改动清单。是否合并？",
            "The nearest state is the plan as it is now, so cells edited in the plan by hand since "
            "the export would be set back: check the list of changes. Merge it?",
        )
    answer = findings.ask(
        Question(
            "export",
            Both(f"各列与本计划导出的“{name}”相同，但导出标记已丢失；{merging.zh}",
                 f"The columns are those of “{name}” as this plan exports it, but its marks are "
                 f"lost. {merging.en}"),
            (Option(_MERGE, Both("合并", "merge")),
             Option(_PLAIN, Both("不，一切以文件为准", "no, the file is right throughout"))),
            _MERGE, is_blocking=False,
        )
    )  # fmt: skip
    return answer == _MERGE


def _nearest(plan: Plan, file: str, score: Score) -> list[dict[str, str]]:
    """The states of the plan, latest first, in which a file was most like what came back.

    Where two contents are equally like it, both sides changed the same cell:
    the earlier one shows that.
    """
    contents = contents_by_sha256(plan.folder)
    scores: dict[str, int] = {}
    found: list[tuple[int, dict[str, str]]] = []
    for _, state in zip(range(_MOST_STATES), former_states(plan.folder), strict=False):
        files = {name: sha for name, sha in state.items() if PLAN_FILES.fullmatch(name)}
        path = contents.get(files.get(file, ""))
        if path is None or any(sha not in contents for sha in files.values()):
            continue
        sha = files[file]
        if sha not in scores:
            scores[sha] = score(path.read_bytes())
        found.append((scores[sha], files))
    least = min((apart for apart, _ in found), default=0)
    likest = [files for apart, files in found if apart == least]
    return [files for files in likest if files[file] == likest[-1][file]]


def _cells_apart(raw: bytes, theirs: Mapping[str, Mapping[str, str]]) -> int:
    rows = csv.DictReader(io.StringIO(raw.decode("utf-8-sig", "replace")))
    ours = {row.get("id") or "": row for row in rows}
    apart = len(set(ours) ^ set(theirs))
    for key in set(ours) & set(theirs):
        said = theirs[key].items()
        apart += sum(not is_same(text, ours[key].get(name) or "") for name, text in said)
    return apart


def _features_apart(raw: bytes, theirs: Mapping[str, Mapping[str, Any]], key: str) -> int:
    features = orjson.loads(raw).get("features", [])
    ours = {
        shown((f.get("properties") or {}).get(key)): f.get("properties") or {} for f in features
    }
    apart = len(set(ours) ^ set(theirs))
    return apart + sum(
        len(differing(ours[code], theirs[code], key)) for code in set(ours) & set(theirs)
    )


def _least_moved(
    plan: Plan, table: str, states: Sequence[dict[str, str]], shapes: Mapping[str, Any]
) -> dict[str, str]:
    """Of states that hold the same rows, the one whose things lie where the file has them."""
    places = [file_of("locations"), *(layer.file for layer in plan.layers_of("districts"))]
    different: dict[tuple[str, ...], dict[str, str]] = {}
    for state in states:
        different.setdefault(tuple(state.get(file, "") for file in places), state)
    candidates = list(different.values())[:_MOST_OPENED]
    if len(candidates) == 1:
        return candidates[0]
    return min(candidates, key=lambda state: _moved(plan.folder, table, state, shapes))


def _moved(folder: Path, table: str, state: Mapping[str, str], shapes: Mapping[str, Any]) -> int:
    with exported_plan(folder, plan_hash_of(state)) as old:
        known = known_shapes(old, table) if old is not None else {}
    return sum(
        key in known and shape is not None and not is_same_shape(known[key], shape)
        for key, shape in shapes.items()
    )


def _text(value: Any) -> str:
    return "" if value is None else f"{value:.12g}" if isinstance(value, float) else str(value)
