"""From a brief to a ranking that says why, why not, and what would change it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import TINY
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

import geoplan
from geoplan.errors import QuestionError
from geoplan.site.brief import brief_from
from geoplan.site.deciding import Decision, choose
from geoplan.site.flips import reweighted
from geoplan.site.ranking import score

PLAN = geoplan.open_plan(TINY)
_TO_LONLAT = Transformer.from_crs(PLAN.meta.analysis_crs, "OGC:CRS84", always_xy=True)


def square(name: str, x: float, y: float, side: float = 100.0) -> dict[str, Any]:
    """A parcel around a point, in metres from the corner of the first district."""
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    ring = [
        _TO_LONLAT.transform(500_000 + x + i * side / 2, 3_320_000 + y + j * side / 2)
        for i, j in corners
    ]
    return {
        "type": "Feature",
        "properties": {"id": name, "name": f"地块{name}"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


PARCELS = (
    square("west", 150, 500),
    square("middle", 1500, 500),
    square("east", 2450, 500),
    square("corner", 2900, 100),
)


def asked(parcels: tuple[dict[str, Any], ...] = PARCELS, **more: Any) -> Decision:
    brief = {
        "project": {"sector": "robots", "land": "10亩"},
        "candidates": {
            "kind": "file",
            "features": {"type": "FeatureCollection", "features": list(parcels)},
        },
        "robustness": {"draws": 200},
        **more,
    }
    return choose(PLAN, brief_from(brief, PLAN))


def test_scores_follow_from_distances_known_by_hand() -> None:
    found = asked(criteria={"platform_named": {"off": True}, "key_district": {"off": True}})
    # The station stands at x = 2500; values fall from 1 to 0 over 4,000 m, half the weight.
    rail = found.worth.best["rail_m"]
    assert rail["east"] == pytest.approx(1 - 50 / 4000, abs=2e-4)
    assert rail["middle"] == pytest.approx(1 - 1000 / 4000, abs=2e-4)
    assert found.weighting.weights["rail_m"] == pytest.approx(0.5)
    assert found.scored.contributions.loc["east", "rail_m"] == pytest.approx(rail["east"] / 2)


def test_contributions_sum_to_the_score_and_stay_within_the_range() -> None:
    found = asked()
    sums = found.scored.contributions.sum(axis=1)
    np.testing.assert_allclose(sums, found.scored.scores, atol=1e-12)
    weights = found.weighting.weights
    assert ((found.worth.low * weights).sum(axis=1) <= found.scored.scores + 1e-12).all()
    assert ((found.worth.high * weights).sum(axis=1) >= found.scored.scores - 1e-12).all()


def test_only_an_allowed_site_has_a_rank_and_every_other_has_a_reason() -> None:
    found = asked(must={"districts": ["B", "C"]})
    assert found.ranked is not None
    assert set(found.ranked.ranks.index) == {"middle", "east", "corner"}
    assert found.verdicts.state["west"] == "excluded"
    table = found.verdicts.table
    reasons = table[(table["candidate"] == "west") & (table["state"] == "excluded")]
    assert list(reasons["rule"]) == ["must.districts"]
    assert found.scored.scores["west"] > 0


def test_nothing_allowed_is_an_answer_too() -> None:
    found = asked(must={"within_m": [{"to": "rail_station", "most_m": 1}]})
    assert found.ranked is None
    assert found.survival is None
    assert "allowed" not in set(found.verdicts.state)
    assert len(found.scored.scores) == 4


def test_one_candidate_is_first() -> None:
    found = asked((PARCELS[0],))
    assert found.ranked is not None
    assert found.ranked.ranks.tolist() == [1]
    assert found.flips == {}


def test_weights_by_order_and_by_comparison() -> None:
    order = asked(weights={"method": "order", "order": ["rail_m", "key_district"]})
    assert order.weighting.weights.to_dict() == pytest.approx(
        {"platform_named": 0, "key_district": 0.25, "same_sector_firms": 0, "rail_m": 0.75}
    )
    assert any("without weight" in note.en for note in order.notes)
    compared = asked(
        weights={
            "method": "ahp",
            "criteria": ["rail_m", "key_district"],
            "judgements": [[1, 3], ["1/3", 1]],
        }
    )
    assert compared.weighting.weights["rail_m"] == pytest.approx(0.75)
    with pytest.raises(QuestionError, match="no criterion"):
        asked(weights={"method": "order", "order": ["rail_m", "airport_m"]})


def test_a_flip_applied_flips_and_just_before_it_does_not() -> None:
    near = {"platform_named": 0.02, "key_district": 0.25, "same_sector_firms": 0.1, "rail_m": 0.4}
    found = asked(criteria={name: {"weight": weight} for name, weight in near.items()})
    assert found.ranked is not None
    values = found.worth.best.loc[found.ranked.ranks.index]
    seen = 0
    for site, flips in found.flips.items():
        for name, row in flips.weights.dropna(subset=["to"]).iterrows():
            step = 1e-6 * np.sign(row["change"])
            if not 0 <= row["to"] + step <= 1 or row["change"] == 0:
                continue
            seen += 1
            after = score(values, reweighted(found.weighting.weights, str(name), row["to"] + step))
            before = score(values, reweighted(found.weighting.weights, str(name), row["to"] - step))
            assert after.ranks[site] == 1
            assert before.ranks[site] > 1
        for name, row in flips.values.dropna(subset=["to"]).iterrows():
            function = found.worth.functions[str(name)]
            step = 1e-6 * abs(row["change"]) * np.sign(row["change"])
            for moved, wins in ((row["to"] + step, True), (row["to"] - step, False)):
                seen += 1
                changed = values.copy()
                changed.loc[site, name] = function.value(moved)
                first = score(changed, found.weighting.weights).ranks[site] == 1
                assert bool(first) is wins
    assert seen > 4


def test_likeness_ranks_by_the_good_site_and_leaves_it_out() -> None:
    found = asked(like={"site": "east"})
    assert found.ranked is not None
    assert "east" not in found.ranked.ranks.index
    assert found.ranked.order[0] == "corner"
    assert found.opinions == {}
    with pytest.raises(QuestionError, match="none of the candidates"):
        asked(like={"site": "nowhere"})


def test_an_own_file_with_an_unknown_place_is_unknown_and_never_ranked() -> None:
    # Half in B, half in C: it cannot be said to lie in B.
    found = asked((*PARCELS, square("between", 2000, 500)), must={"districts": ["B"]})
    assert found.verdicts.state["between"] != "allowed"
    assert found.ranked is not None
    assert "between" not in found.ranked.ranks.index


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(60, 2940), st.floats(60, 940)), min_size=1, max_size=4, unique=True
    )
)
def test_another_candidate_reorders_nobody(places: list[tuple[float, float]]) -> None:
    before = asked().ranked
    more = tuple(square(f"more{n}", x, y) for n, (x, y) in enumerate(places))
    after = asked((*PARCELS, *more)).ranked
    assert before is not None
    assert after is not None
    names = before.scores.index
    pd.testing.assert_series_equal(before.scores, after.scores.loc[names])


@settings(max_examples=10, deadline=None)
@given(st.floats(0.01, 1000))
def test_scaling_all_weights_changes_nothing(factor: float) -> None:
    weights = {"platform_named": 0.3, "key_district": 0.3, "same_sector_firms": 0.2, "rail_m": 0.2}
    scaled = asked(criteria={name: {"weight": w * factor} for name, w in weights.items()})
    plain = asked()
    pd.testing.assert_series_equal(scaled.scored.scores, plain.scored.scores)


def test_a_dominated_site_is_never_first() -> None:
    found = asked()
    assert found.survival is not None
    surely = found.surely_dominated_by.dropna()
    assert len(surely)
    assert (found.survival.first.loc[surely.index] == 0).all()


def test_an_order_that_leaves_criteria_out_tries_only_those_it_names() -> None:
    found = asked(
        weights={"method": "order", "order": ["rail_m", "key_district"]},
        robustness={"mode": "order", "draws": 500},
    )
    assert found.survival is not None
    assert found.survival.first.sum() == pytest.approx(1)
    assert set(found.survival.central_weights.columns) == {"rail_m", "key_district"}
