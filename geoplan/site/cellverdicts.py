"""The hard rules on very many cells: the state that each rule puts each cell in.

Whether a rule applies, and rules about attributes, are asked of one cell for each
kind of cell there is. Distances, depths and shares are judged by bounds; the few cells
that the bounds leave open are judged alone. Every state is that of the cell alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import inf, isfinite

import numpy as np
import numpy.typing as npt

from geoplan.place.join import NO_ZONE
from geoplan.plan.relations import codes
from geoplan.site.cellranges import (
    CellRange,
    cell_depth,
    cell_distance,
    cell_share,
    everywhere,
    greatest_of,
)
from geoplan.site.conditions import Condition, parse
from geoplan.site.fields import LINE_ERROR_CELLS, distance_to, squares
from geoplan.site.ground import Ground
from geoplan.site.looking import features_for
from geoplan.site.lookup import district_layers
from geoplan.site.ranges import Range, edges_of, nearest_m
from geoplan.site.rule import Rule
from geoplan.site.rules import judge
from geoplan.site.verdicts import ALLOWED, EXCLUDED, STATES, UNKNOWN, states_of
from geoplan.site.zonedepth import known_areas

BLOCK = 10_000
"""Cells that are judged alone at a time."""

_BY_PLACE = ("inside", "distance_m", "share_covered", "districts", "wings")
_OWN_TO_EACH = {"id": "cell-", "name_zh": "格网", "name_en": "cell"}
"""What no two cells have in common, and the word that all of them have in it."""

_Integers = npt.NDArray[np.int64]
_States = npt.NDArray[np.int8]


def verdict_fields(ground: Ground, rules: Sequence[Rule]) -> _States:
    """State of every cell by every rule.

    Parameters
    ----------
    rules :
        See :func:`geoplan.site.rules.rules_for`.

    Returns
    -------
    states :
        :data:`~geoplan.site.verdicts.ALLOWED`, ``UNKNOWN`` or ``EXCLUDED``, shape
        (rules, n); allowed where a rule does not apply.
    """
    kind, first = _kinds(ground, rules)
    # Where a probe applies it excludes, where that is not known it is unknown.
    probes = [_probe(rule) if rule.measure in _BY_PLACE else rule for rule in rules]
    by_kind = _judged(ground, probes, first)
    states = np.empty((len(rules), len(ground.cells)), dtype=np.int8)
    for row, own in zip(states, by_kind, strict=True):
        row[:] = own[0] if (own == own[0]).all() else own[kind]
    for number, rule in enumerate(rules):
        if _asks_for_one(rule, rules):
            every = np.arange(len(ground.cells))
            states[number] = _judged_alone(ground, rules, every, named=True)[number]
        elif rule.measure in _BY_PLACE and (by_kind[number] != ALLOWED).any():
            found = _by_place(ground, rule)
            doubted = (states[number] == UNKNOWN) & (found == EXCLUDED)
            found[doubted] = UNKNOWN
            states[number] = np.where(states[number] == ALLOWED, ALLOWED, found)
    return states


def _conditions(rule: Rule, rules: Sequence[Rule]) -> list[Condition]:
    """What a rule, or when it applies, asks of the attributes of a cell."""
    others = [other.scope for other in rules if rule.id in other.overrides]
    asked = (rule.condition, rule.scope, rule.exceptions, *others)
    return [condition for condition in asked if condition is not None]


def _asks_for_one(rule: Rule, rules: Sequence[Rule]) -> bool:
    """Whether a rule tells cells apart by name. A name that is no cell's does not."""
    return any(
        word in condition.text.casefold()
        for condition in _conditions(rule, rules)
        for column, word in _OWN_TO_EACH.items()
        if column in condition.columns
    )


def _kinds(ground: Ground, rules: Sequence[Rule]) -> tuple[_Integers, _Integers]:
    """Kind of each cell, alike in all that conditions ask of it, and the first of each kind."""
    asked = {c for rule in rules for one in _conditions(rule, rules) for c in one.columns}
    if "district_code" not in asked:
        return np.zeros(len(ground.cells), dtype=np.int64), np.zeros(1, dtype=np.int64)
    kind = np.where(_surely_in_district(ground), ground.district, NO_ZONE)
    _, first, back = np.unique(kind, return_index=True, return_inverse=True)
    return back.astype(np.int64), first.astype(np.int64)


def _surely_in_district(ground: Ground) -> npt.NDArray[np.bool_]:
    """Whether each cell lies in its district by more than the boundary may be off."""
    cells, accuracy_m = ground.cells, ground.accuracy_m
    edges = edges_of(ground.zones.geometry.to_numpy())
    cell_m = cells.grid.cell_m
    near = distance_to(cells, edges, from_edge=True, most_m=accuracy_m + cell_m)
    close = np.flatnonzero(np.abs(near - accuracy_m) <= LINE_ERROR_CELLS * cell_m + 0.1)
    surely = near > accuracy_m
    surely[close] = nearest_m(squares(cells, close), edges) > accuracy_m
    found: npt.NDArray[np.bool_] = surely & (ground.district != NO_ZONE)
    return found


def _probe(rule: Rule) -> Rule:
    """A rule that excludes every cell to which the given one applies."""
    return replace(
        rule, measure="attribute", effect="exclude", condition=parse("candidate = grid"),
        layer="", file="", where=None, least=None, most=None, values=(),
    )  # fmt: skip


def _judged(
    ground: Ground, rules: Sequence[Rule], positions: _Integers, named: bool = False
) -> _States:
    """States of some cells as they are judged alone; by name only where that is asked."""
    states = np.full((len(rules), positions.size), ALLOWED, dtype=np.int8)
    if not positions.size:
        return states
    sites = ground.sites(positions, named)
    table = judge(ground.plan, rules, sites, ground.brief).table
    row = {rule.id: number for number, rule in enumerate(rules)}
    code = {name: number for number, name in enumerate(STATES)}
    # Where no rule applies the table is empty and its columns are of no type.
    at = (
        table["rule"].map(row).to_numpy(dtype=np.int64),
        sites.index.get_indexer(table["candidate"]),
    )
    states[at] = table["state"].map(code).to_numpy(dtype=np.int8)
    return states


def _judged_alone(
    ground: Ground, rules: Sequence[Rule], positions: _Integers, named: bool = False
) -> _States:
    """The same, block by block."""
    blocks = np.split(positions, range(BLOCK, positions.size, BLOCK))
    return np.concatenate([_judged(ground, rules, block, named) for block in blocks], axis=1)


def _by_place(ground: Ground, rule: Rule) -> _States:
    """State of every cell by where it is, as if the rule applied to all."""
    zone = rule.measure in ("inside", "districts", "wings")
    least = -inf if rule.least is None else rule.least
    most = inf if rule.most is None else rule.most
    if zone and rule.least is None and rule.most is None:
        least = 0.0
    limit = max(abs(end) for end in (least, most) if isfinite(end))
    found = _measured(ground, rule, limit)
    if found is None:
        return np.full(len(ground.cells), UNKNOWN, dtype=np.int8)

    def judged(low: npt.NDArray[np.float32], high: npt.NDArray[np.float32]) -> _States:
        return states_of(
            Range(low.astype(np.float64), high.astype(np.float64)), least, most,
            include=rule.effect == "include", open_ends=zone,
        )  # fmt: skip

    # Far away all is the same, and need not be judged a million times.
    low, high = found
    ends = np.array(list(product((-inf, inf), repeat=2)), dtype=np.float32)
    far = judged(ends[:, 0], ends[:, 1])
    state = np.asarray(far[2 * (low.least > 0) + (high.least > 0)])
    at = np.flatnonzero(np.isfinite(low.least) | np.isfinite(high.most))
    answers = [judged(one[at], other[at]) for one in low for other in high]
    state[at] = answers[0]
    open_cells = at[np.any([answer != answers[0] for answer in answers[1:]], axis=0)]
    bare = replace(rule, scope=None, exceptions=None, overrides=())
    state[open_cells] = _judged_alone(ground, [bare], open_cells)[0]
    return state


def _measured(ground: Ground, rule: Rule, limit_m: float) -> CellRange | None:
    """What a rule measures of every cell; nothing where its layer has no such feature."""
    cells = ground.cells
    if rule.measure == "districts":
        return _in_districts(ground, rule.values, limit_m)
    if rule.measure == "wings":
        return _in_wings(ground, rule.values, limit_m)
    features = features_for(ground.plan, ground.brief, rule)
    if not len(features.geometry) and not features.lost:
        return None
    if rule.measure == "share_covered":
        return cell_share(cells, features)
    reach_m = limit_m + float(features.accuracy_m.max(initial=0.0)) + 2 * cells.grid.cell_m
    if rule.measure == "inside":
        return cell_depth(cells, features, reach_m)
    return cell_distance(cells, features, reach_m)


def _in_districts(ground: Ground, wanted: Sequence[str], limit_m: float) -> CellRange:
    """As :func:`geoplan.site.zonedepth.depth_in_districts`."""
    low = high = everywhere(ground.cells, -inf)
    left = set(wanted)
    for layer in district_layers(ground.plan):
        here = left & codes(layer)
        left -= here
        if not here:
            continue
        frame = layer.frame.dropna(subset=[layer.key, layer.frame.geometry.name])
        shapes = frame.geometry.to_numpy()[frame[layer.key].astype("str").isin(here).to_numpy()]
        accuracy_m = float(layer.facts.get("accuracy_m", 0.0) or 0.0)
        reach_m = limit_m + accuracy_m + 2 * ground.cells.grid.cell_m
        found = cell_depth(ground.cells, known_areas(shapes, accuracy_m), reach_m)
        low, high = greatest_of(low, found.low), greatest_of(high, found.high)
    return CellRange(low, high)


def _in_wings(ground: Ground, wanted: Sequence[str], limit_m: float) -> CellRange:
    """As :func:`geoplan.site.zonedepth.depth_in_wings`."""
    plan, shapes = ground.plan, ground.wings
    table = plan.tables["wings"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    drawn = [wing for wing in wanted if wing in shapes.index]
    layers = plan.layers_of("wings")
    accuracy_m = float(layers[0].facts.get("accuracy_m", 0.0) or 0.0) if layers else 0.0
    points = set(table.index[table["kind"] == "points"])
    lost = len(set(wanted) - set(drawn) - points)
    areas = known_areas(shapes.loc[drawn].to_numpy(), accuracy_m, lost)
    found = cell_depth(ground.cells, areas, limit_m + accuracy_m + 2 * ground.cells.grid.cell_m)
    layout = plan.tables["layout"].dropna(subset=["wing_id", "district_code"])
    scattered = layout.loc[layout["wing_id"].isin(wanted), "district_code"].unique().tolist()
    if scattered:
        there = _in_districts(ground, scattered, limit_m)
        low, high = greatest_of(found.low, there.low), greatest_of(found.high, there.high)
        found = CellRange(low, high)
    return found
