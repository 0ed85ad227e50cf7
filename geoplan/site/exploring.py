"""Explore: what every cell of an area is worth, which rules it meets, and where it is best.

A surface holds the value of every criterion in every cell, so that other weights are
one product of a matrix. It keeps no reasons: of a cell that is pointed at,
:meth:`Surface.at` gives the ordinary candidate, and :meth:`Surface.decided` its
ordinary measures and verdicts: they say the same with all reasons.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import Transformer

from geoplan.errors import QuestionError
from geoplan.plan.opening import Plan
from geoplan.site.candidates import candidates
from geoplan.site.cells import Cells
from geoplan.site.cellverdicts import verdict_fields
from geoplan.site.criteria import Chosen, chosen, measure_all
from geoplan.site.deciding import Decision, weigh
from geoplan.site.ground import Ground, ground_of
from geoplan.site.measurefields import BY_ZONE, measured_field, warmed
from geoplan.site.question import Brief, CandidateList
from geoplan.site.ranking import score
from geoplan.site.rule import Rule
from geoplan.site.rules import judge, rules_for
from geoplan.site.survival import Survival, survival
from geoplan.site.values import ValueFunction
from geoplan.site.verdicts import ALLOWED, STATES
from geoplan.site.weights import shares_of
from geoplan.site.worth import alike, worth

_Field = npt.NDArray[np.float32]
_Mask = npt.NDArray[np.bool_]
_States = npt.NDArray[np.int8]

DEFAULT_CELL_M = 100.0

_BLOCK = 1 << 16
"""Cells per pass of plain arithmetic: its arrays stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Spot:
    """A cell that was pointed at.

    Attributes
    ----------
    id, position :
        Its id as a candidate; its position in the arrays of the surface.
    site :
        The cell as a frame of one ordinary candidate, to be judged and measured.
    score, state :
        As on the surface.
    """

    id: str
    position: int
    site: gpd.GeoDataFrame
    score: float
    state: str


@dataclass(frozen=True, eq=False)
class Surface:
    """Values, states and scores of all cells of an area.

    Attributes
    ----------
    ground :
        The plan, the brief as a question about a grid, the cells and their districts.
    chosen :
        The criteria, in the order of the rows of ``values``.
    functions :
        The value function of each criterion, as it was applied.
    weights :
        Share of each criterion in the weight, by id.
    values :
        Value of each criterion in each cell, 0 to 1, shape (criteria, n); ``float32``,
        rows contiguous. What is not known is worth the least of its scale.
    known :
        Whether the measure behind each value is known; the same shape.
    rules :
        The rules, in the order of the rows of ``states``.
    states :
        State that each rule puts each cell in, see :data:`geoplan.site.verdicts.STATES`;
        allowed where it does not apply; shape (rules, n).
    """

    ground: Ground
    chosen: tuple[Chosen, ...]
    functions: Mapping[str, ValueFunction]
    weights: "pd.Series[float]"
    values: _Field
    known: _Mask
    rules: tuple[Rule, ...]
    states: _States

    @property
    def cells(self) -> Cells:
        """The cells; all arrays are in their order."""
        return self.ground.cells

    @cached_property
    def scores(self) -> _Field:
        """Score of each cell, whatever its state: ``weights @ values``."""
        return np.asarray(self.weights, dtype=np.float32) @ self.values

    @cached_property
    def state(self) -> _States:
        """The worst state that any rule puts each cell in."""
        return np.asarray(self.states.max(axis=0, initial=ALLOWED))

    @cached_property
    def allowed(self) -> _Mask:
        """Which cells every rule allows."""
        return np.asarray(self.state == ALLOWED)

    def reweighted(self, weights: "Mapping[str, float] | pd.Series[Any]") -> "Surface":
        """The same cells under other weights, in any scale; a criterion not named has none.

        Raises
        ------
        QuestionError
            A criterion is none of the surface's, or all weights are 0 or one is negative.
        """
        index = self.weights.index
        unknown = [str(name) for name in pd.Series(weights).index if name not in index]
        if unknown:
            raise QuestionError(
                f"“{'”, “'.join(unknown)}” is no criterion here; choose from {', '.join(index)}"
            )
        given = pd.Series(weights, dtype=np.float64).reindex(index, fill_value=0.0)
        shares = pd.Series(shares_of(given, index), index=index, name=self.weights.name)
        return replace(self, weights=shares)

    def at(self, x_m: float, y_m: float) -> Spot | None:
        """The cell that holds a point, in metres in the plan's CRS; ``None`` outside."""
        position = self.cells.position(x_m, y_m)
        if position is None:
            return None
        site = self.ground.sites([position])
        return Spot(
            id=str(site.index[0]),
            position=position,
            site=site,
            score=float(self.scores[position]),
            state=STATES[self.state[position]],
        )

    def at_lonlat(self, lon: float, lat: float) -> Spot | None:
        """The cell that holds a point in degrees, WGS 84; ``None`` outside."""
        crs = self.ground.plan.meta.analysis_crs
        x_m, y_m = Transformer.from_crs("OGC:CRS84", crs, always_xy=True).transform(lon, lat)
        return self.at(x_m, y_m)

    def decided(self, sites: gpd.GeoDataFrame, brief: Brief | None = None) -> Decision:
        """Some cells judged and measured with all reasons, as any candidate is.

        Parameters
        ----------
        sites :
            Cells as candidates, as of :meth:`at` and :meth:`Ground.sites`.
        brief :
            A brief that asks the same under other weights; the surface's own by default.
        """
        plan, asked = self.ground.plan, self.ground.brief
        criteria = self.chosen if brief is None else chosen(plan, brief)
        weighting = weigh(brief or asked, criteria)
        measured = measure_all(plan, asked, criteria, sites)
        value = worth(measured, self.functions)
        return Decision(
            plan=plan,
            brief=brief or asked,
            sites=sites,
            verdicts=judge(plan, self.rules, sites, asked),
            chosen=criteria,
            weighting=weighting,
            measured=measured,
            worth=value,
            scored=score(value.best, weighting.weights),
            notes=(),
        )

    def survival(self, weightings: npt.ArrayLike, top: int = 1) -> Survival:
        """Share of weightings in which each allowed cell is among the first.

        Parameters
        ----------
        weightings :
            A weighting a row, criteria in the order of :attr:`chosen`, as of
            :func:`geoplan.site.sampling.weight_draws`.
        top :
            How many places count.

        Raises
        ------
        GeoplanError
            See :func:`geoplan.site.survival.survival`.
        """
        return survival(self.values, weightings, self.cells.first, top, self.allowed)

    def effects(self) -> pd.DataFrame:
        """On each rule's id: cells it excludes, that it alone excludes, of which it cannot tell."""
        excluded, unknown = self.states == 2, self.states == 1
        alone = excluded & (np.count_nonzero(excluded, axis=0) == 1)
        spoiled = self.states != ALLOWED
        decisive = spoiled & (np.count_nonzero(spoiled, axis=0) == 1)
        counts = [np.count_nonzero(part, axis=1) for part in (excluded, alone, decisive, unknown)]
        names = ("hits", "alone", "marginal", "unknown")
        index = pd.Index([rule.id for rule in self.rules], name="rule", dtype="str")
        return pd.DataFrame(dict(zip(names, counts, strict=True)), index=index).astype("int64")


def explore(plan: Plan, brief: Brief, cell_m: float = DEFAULT_CELL_M) -> Surface:
    """Value, state and score of every cell of a brief's area.

    Parameters
    ----------
    brief :
        The question. Its area is that of its own grid, else all districts; criteria,
        rules, weights and the good site it likens to are as in
        :func:`geoplan.site.deciding.choose`.
    cell_m :
        Side of the cells in metres.

    Returns
    -------
    surface :
        The states are exactly those of each cell judged alone; values differ by what
        :func:`geoplan.site.measurefields.measured_field` says.

    Raises
    ------
    QuestionError
        The cells are none or too many, or criteria and weights do not fit together.
    BriefError
        A rule or a criterion cannot be used.
    """
    ground = ground_of(plan, brief, cell_m)
    criteria = chosen(plan, ground.brief)
    weights = weigh(ground.brief, criteria).weights
    functions = {one.id: one.points for one in criteria}
    if brief.like:
        functions = _likened(plan, brief, criteria)
    rules = rules_for(plan, ground.brief)
    values = np.empty((len(criteria), len(ground.cells)), dtype=np.float32)
    known = np.empty(values.shape, dtype=np.bool_)

    def fill(row: int) -> None:
        one = criteria[row]
        found, of_cell = measured_field(ground, one)
        if of_cell is None:
            valued(functions[one.id], found, values[row], known[row])
            return
        there, worth_it = np.empty(found.size, np.bool_), np.empty(found.size, np.float32)
        valued(functions[one.id], found, worth_it, there)
        known[row], values[row] = there[of_cell], worth_it[of_cell]

    # numpy lets go of the interpreter, so that fields are computed side by side. What is
    # made of shapes stays in this thread: GEOS asks for much memory in small pieces,
    # which is slow in any other.
    warmed(ground, criteria)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        by_zone = {row for row, one in enumerate(criteria) if one.criterion.measure in BY_ZONE}
        fields = [pool.submit(fill, row) for row in range(len(criteria)) if row not in by_zone]
        for row in by_zone:
            fill(row)
        states = verdict_fields(ground, rules)
        for field in fields:
            field.result()
    return Surface(ground, criteria, functions, weights, values, known, rules, states)


def valued(
    function: ValueFunction, measured: npt.NDArray[np.floating], values: _Field, known: _Mask
) -> None:
    """Value of very many measures, and whether each is known, written where they belong.

    The same as :meth:`ValueFunction.value` up to rounding to ``float32``: the value at
    the first point and what each stretch adds, which is faster than to look it up.

    Parameters
    ----------
    measured :
        Measures, shape (n,).
    values, known :
        Written to, shape (n,): the value, the least of the scale where the measure is
        not known; whether it is known.
    """
    least = np.float32(min(score for _, score in function.points))
    for start in range(0, measured.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        measure, value = measured[part], values[part]
        np.isfinite(measure, out=known[part])
        value[:] = function.points[0][1]
        for (x0, s0), (x1, s1) in pairwise(function.points):
            # From the point on: far measures lose nothing to rounding.
            along = np.clip((measure - x0).astype(np.float32, copy=False), 0, np.float32(x1 - x0))
            along *= np.float32((s1 - s0) / (x1 - x0))
            value += along
        np.copyto(value, least, where=np.isnan(value))


def _likened(plan: Plan, brief: Brief, criteria: tuple[Chosen, ...]) -> dict[str, ValueFunction]:
    """Value functions of being like a good site: a platform of the plan."""
    platforms = replace(brief, candidates=CandidateList())
    sites = candidates(plan, platforms)
    if brief.like not in sites.index:
        raise QuestionError(f"like.site: “{brief.like}” is no platform of the plan")
    measured = measure_all(plan, platforms, criteria, sites.loc[[brief.like]], n_draws=0)
    functions = {one.id: one.points for one in criteria}
    target = worth(measured, functions).best.iloc[0].to_dict()
    return {name: alike(function, target[name]) for name, function in functions.items()}
