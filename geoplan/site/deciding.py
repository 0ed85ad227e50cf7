"""Decide where a project should go: judge, measure, value, rank, and ask what would change it.

:func:`choose` is the whole of it. Only a site that every hard rule allows has
a rank; what each of the others would score is computed all the same, so that
“why not there?” has an answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.errors import QuestionError
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.site.candidates import candidates
from geoplan.site.criteria import Chosen, chosen, measure_all
from geoplan.site.flips import break_even, value_flips, weight_flips
from geoplan.site.measuring import Measured
from geoplan.site.opinions import Agreement, Opinion, agreement, promethee_ii, spotis, topsis
from geoplan.site.preferences import Preference
from geoplan.site.question import Brief
from geoplan.site.ranking import Scored, score
from geoplan.site.robustness import Acceptability, acceptability, dominance
from geoplan.site.rules import Verdicts, judge, rules_for
from geoplan.site.weights import Weighting, ahp, direct, rank_order
from geoplan.site.worth import Worth, alike, bounds_of, displaced, filled, worth

EXPLAINED = 200
"""So many of the best sites get flips; the rest is too far behind to ask."""

_INDIFFERENT, _PREFERRED = 0.05, 0.5


def _nobody() -> "pd.Series[Any]":
    return pd.Series(dtype=object)


@dataclass(frozen=True, eq=False)
class Flips:
    """What would make one losing site win: changes of one weight, of one measure."""

    weights: pd.DataFrame
    values: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Decision:
    """The answer to a brief, with everything it rests on.

    Attributes
    ----------
    sites :
        The candidates; the good site that others are likened to is none of them.
    chosen :
        The criteria with weights, value functions and their origin.
    measured :
        Criterion → what it found.
    worth :
        Values of the measures, of all candidates.
    scored :
        What each candidate scores, whether it is allowed or not.
    ranked :
        Scores and ranks of the allowed candidates among themselves.
    survival, dominated_by, surely_dominated_by, opinions, agreements :
        How sure the ranking is: central values decide who is dominated, and the
        whole ranges who surely is.
    stability :
        Between which weights the first one stays first.
    flips :
        Losing site → what would make it win, for the :data:`EXPLAINED` best.
    notes :
        What a reader must know.
    """

    plan: Plan
    brief: Brief
    sites: gpd.GeoDataFrame
    verdicts: Verdicts
    chosen: tuple[Chosen, ...]
    weighting: Weighting
    measured: Mapping[str, Measured]
    worth: Worth
    scored: Scored
    notes: tuple[Both, ...]
    ranked: Scored | None = None
    survival: Acceptability | None = None
    dominated_by: "pd.Series[Any]" = field(default_factory=_nobody)
    surely_dominated_by: "pd.Series[Any]" = field(default_factory=_nobody)
    stability: pd.DataFrame = field(default_factory=pd.DataFrame)
    opinions: Mapping[str, Opinion] = field(default_factory=dict)
    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    flips: Mapping[Any, Flips] = field(default_factory=dict)


def choose(plan: Plan, brief: Brief) -> Decision:
    """Rank the sites of a brief and say why, why not, and what would change it.

    Parameters
    ----------
    brief :
        See :func:`geoplan.site.brief.read_brief`.

    Raises
    ------
    QuestionError
        The brief asks for criteria, weights or sites that do not fit together.
    """
    sites = candidates(plan, brief)
    criteria = chosen(plan, brief)
    weighting = weigh(brief, criteria)
    # A criterion that an order or a comparison leaves out has no weight; it is still told.
    measured = measure_all(plan, brief, criteria, sites)
    functions = {one.id: one.points for one in criteria}
    value = worth(measured, functions)
    if brief.like:
        value = _likened(brief.like, value, measured)
    judged = sites.index[sites.index != brief.like]
    value, scored = value.of(judged), score(value.best.loc[judged], weighting.weights)
    verdicts = judge(plan, rules_for(plan, brief), sites.loc[judged], brief)
    allowed = judged[(verdicts.state.loc[judged] == "allowed").to_numpy()]
    decision = Decision(
        plan=plan,
        brief=brief,
        sites=sites.loc[judged],
        verdicts=verdicts,
        chosen=criteria,
        weighting=weighting,
        measured=measured,
        worth=value,
        scored=scored,
        notes=tuple(_notes(brief, criteria, weighting, value)),
    )
    return _ranked(decision, allowed) if len(allowed) else decision


def _ranked(decision: Decision, allowed: "pd.Index[Any]") -> Decision:
    """The decision with the ranking of the allowed sites, and how sure it is."""
    own, weights, asked = decision.worth.of(allowed), decision.weighting.weights, decision.brief
    ranked = score(own.best, weights)
    robust = asked.robustness
    opinions = second_opinions(decision, allowed)
    first = ranked.order[0]
    moved = displaced(decision.measured, own.functions, allowed)
    # A criterion without weight stays without it, also where any weights are tried.
    weighed = list(weights.index[weights > 0])
    return replace(
        decision,
        ranked=ranked,
        survival=acceptability(
            own.best[weighed],
            weights[weighed],
            low=own.low[weighed],
            high=own.high[weighed],
            joint={name: values for name, values in moved.items() if name in weighed},
            mode=robust.mode,
            spread=robust.spread,
            order=asked.weights.order or None,
            draws=robust.draws,
            seed=robust.seed,
        ),
        dominated_by=dominance(own.best),
        surely_dominated_by=dominance(own.low, own.high),
        stability=break_even(own.best, weights, first) if len(allowed) > 1 else pd.DataFrame(),
        opinions=opinions,
        agreements={name: agreement(ranked.ranks, one.ranks) for name, one in opinions.items()},
        flips={
            site: Flips(
                weight_flips(own.best, weights, site),
                value_flips(own.best, weights, site, _measures_of(decision, site), own.functions),
            )
            for site in ranked.order[1:EXPLAINED]
        },
    )


def _measures_of(decision: Decision, site: Any) -> dict[str, float]:
    return {name: float(found.best.loc[site]) for name, found in decision.measured.items()}


def _likened(good: str, value: Worth, measured: Mapping[str, Measured]) -> Worth:
    """Values of being like a good site, in place of those of being good."""
    if good not in value.best.index:
        raise QuestionError(
            f"like.site: “{good}” is none of the candidates; choose one of "
            f"{', '.join(map(str, value.best.index[:10]))} …"
        )
    target: dict[Any, float] = value.best.loc[[good]].iloc[0].to_dict()
    functions = {name: alike(function, target[name]) for name, function in value.functions.items()}
    return worth(measured, functions)


def _notes(
    brief: Brief, criteria: tuple[Chosen, ...], weighting: Weighting, value: Worth
) -> Iterator[Both]:
    silent = [one.name for one in criteria if weighting.weights[one.id] == 0]
    if silent:
        yield Both(
            f"权重为零、不计分的准则：{'、'.join(name.zh for name in silent)}。",
            f"Criteria without weight, not scored: {', '.join(name.en for name in silent)}.",
        )
    blank = [one.name for one in criteria if not value.known[one.id].any()]
    if blank:
        yield Both(
            f"所有候选地均无数据的准则：{'、'.join(name.zh for name in blank)}；一律按最低值计，不影响名次。",
            f"Nothing is known of any site in: {', '.join(name.en for name in blank)}; all count "
            "as the least, so the order does not depend on it.",
        )
    if weighting.flagged:
        yield Both(
            f"两两比较的一致性比率为 {weighting.ratio:.3f}，达到 0.1：判断自相矛盾，请复核。",
            f"The consistency ratio of the comparisons is {weighting.ratio:.3f}, 0.1 or more: the "
            "judgements contradict one another; revisit them.",
        )
    if brief.like:
        yield Both(
            "按与目标地的相似程度排序，而非按优劣。",
            "Ranked by likeness to the site named, not by merit.",
        )


def weigh(brief: Brief, criteria: tuple[Chosen, ...]) -> Weighting:
    """The weights of the criteria: as stated, from their order, or from paired comparisons.

    Raises
    ------
    QuestionError
        An order or a comparison names what is no criterion of this brief, or all
        weights are 0.
    """
    ids = [one.id for one in criteria]
    asked = brief.weights
    if asked.method == "direct":
        return direct({one.id: one.weight for one in criteria})
    named = (
        [name for group in asked.order for name in group]
        if asked.method == "order"
        else list(asked.criteria)
    )
    unknown = [name for name in named if name not in ids]
    if unknown:
        raise QuestionError(
            f"weights: “{'”, “'.join(unknown)}” is no criterion of this brief; choose from "
            f"{', '.join(ids)}"
        )
    made = (
        rank_order(asked.order, asked.formula)
        if asked.method == "order"
        else ahp(asked.judgements, asked.criteria, asked.random_index)
    )
    return replace(made, weights=made.weights.reindex(ids, fill_value=0.0))


def second_opinions(decision: Decision, sites: "pd.Index[Any]") -> dict[str, Opinion]:
    """What TOPSIS, SPOTIS and PROMETHEE II say of the same measures in their real units.

    TOPSIS is normalised by vector. The bounds of SPOTIS are the ends of the
    scales. PROMETHEE II takes linear preferences: none below 5 % of the scale,
    complete from 50 %. What is not known counts as the worst end of its scale.
    None of them knows likeness to a site.
    """
    if decision.brief.like:
        return {}
    functions = decision.worth.functions
    matrix = filled(decision.measured, functions, sites)
    better = {one.id: one.better for one in decision.chosen}
    bounds = bounds_of(functions)
    linear = {
        name: Preference("linear", _INDIFFERENT * (high - low), _PREFERRED * (high - low))
        for name, (low, high) in bounds.items()
    }
    weights = decision.weighting.weights
    return {
        "topsis": topsis(matrix, weights, better, "vector"),
        "spotis": spotis(matrix, weights, better, bounds, clip=True),
        "promethee_ii": promethee_ii(matrix, weights, better, linear),
    }
