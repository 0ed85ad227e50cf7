"""The surface says of each cell what the ordinary path says of it alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely
from conftest import TINY
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import geoplan
from geoplan.errors import QuestionError
from geoplan.plan.problems import Both
from geoplan.site import cellverdicts, measurefields
from geoplan.site.brief import brief_from
from geoplan.site.candidates import candidates
from geoplan.site.criteria import measure_all
from geoplan.site.exploring import Surface, explore
from geoplan.site.fields import LINE_ERROR_CELLS
from geoplan.site.ground import ground_of
from geoplan.site.imaging import EXCLUDED, FIRST, OUTSIDE, UNKNOWN, surface_image
from geoplan.site.measuring import REGISTRY, Measured, Setting, criterion
from geoplan.site.patches import best_areas, top_sites
from geoplan.site.rules import judge
from geoplan.site.sampling import weight_draws
from geoplan.site.verdicts import STATES
from geoplan.site.worth import worth

MEASURED = 250
PROJECT = {"sector": "robots", "investment": "1亿元", "land": "15亩"}
WITHIN_A_RADIUS = {
    "same_sector_firms", "chain_firms", "innovation_platforms", "planned_investment_wanyuan",
}  # fmt: skip


@pytest.fixture(scope="module")
def squares() -> geoplan.Plan:
    return geoplan.open_plan(TINY)


@pytest.fixture(scope="module")
def city() -> geoplan.Plan:
    return geoplan.open_plan()


def surface_of(plan: geoplan.Plan, cell_m: float = 100.0, **parts: Any) -> Surface:
    return explore(plan, brief_from({"title": "x", "project": PROJECT, **parts}, plan), cell_m)


def slope(surface: Surface, name: str) -> float:
    """The greatest change of value per unit of a measure."""
    x, value = np.array(surface.functions[name].points).T
    return float(np.abs(np.diff(value) / np.diff(x)).max())


def compare(surface: Surface, positions: npt.NDArray[np.int64]) -> None:
    """Values and states against the criteria and the rules, asked of the cells alone."""
    ground = surface.ground
    expected = states_alone(surface, positions)
    for row, rule in enumerate(surface.rules):
        wrong = np.flatnonzero(surface.states[row, positions] != expected[row])
        assert not wrong.size, (rule.id, positions[wrong[:5]])
    # Measures are dear: of some cells they are enough.
    rng = np.random.default_rng(1)
    positions = rng.choice(positions, min(MEASURED, len(positions)), replace=False)
    sites = ground.sites(positions)
    measured = measure_all(ground.plan, ground.brief, surface.chosen, sites, n_draws=0)
    value = worth(measured, surface.functions)
    for row, one in enumerate(surface.chosen):
        difference = np.abs(surface.values[row, positions] - value.best[one.id].to_numpy())
        off = 1e-6 + slope(surface, one.id) * LINE_ERROR_CELLS * surface.cells.grid.cell_m * 4
        if one.id in WITHIN_A_RADIUS:
            # A hundredth of all weight, for both ways of counting.
            off = 0.02 * slope(surface, one.id) * float(measured[one.id].high.max())
        assert difference.max() <= off, one.id
        assert (surface.known[row, positions] == value.known[one.id].to_numpy()).all(), one.id


def states_alone(surface: Surface, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    ground = surface.ground
    sites = ground.sites(positions)
    verdicts = judge(ground.plan, surface.rules, sites, ground.brief)
    states = np.zeros((len(surface.rules), len(positions)), dtype=np.int64)
    row = {rule.id: number for number, rule in enumerate(surface.rules)}
    at = verdicts.table["rule"].map(row), sites.index.get_indexer(verdicts.table["candidate"])
    states[at] = verdicts.table["state"].map({name: n for n, name in enumerate(STATES)})
    return states


def every(surface: Surface) -> npt.NDArray[np.int64]:
    return np.arange(len(surface.cells))


BRIEFS: list[dict[str, Any]] = [
    {},
    {"must": {"districts": ["A", "C"]}, "must_not": {"districts": ["B"]}},
    {"must": {"wings": ["east"], "within_m": [{"to": "rail_station", "most_m": 900}]}},
    {"must_not": {"wings": ["points"], "nearer_than_m": [{"to": "layer:platforms", "least_m": 300}]}},
    {"project": {"sector": "fibre", "products": ["轴承", "减速器"]}, "must": {"wings": ["points"]}},
    {"criteria": {
        "to_park": {"measure": "distance_m", "layer": "platforms", "points": "0:1|2000:0", "weight": 1},
        "in_park": {"measure": "share_covered", "layer": "platforms", "points": "0:0|1:1", "weight": 1},
        "to_hub": {"measure": "distance_m", "layer": "hubs", "points": "0:1|2000:0", "weight": 1},
        "area": {"measure": "attribute", "column": "area_km2", "points": "0:0|1:1", "weight": 1},
        "planned_investment_wanyuan": {"points": "0:0|600:1", "weight": 1},
        "chain_firms": {"points": "0:0|2:1", "weight": 1, "params": {"radius_m": 700}},
        "innovation_platforms": {"points": "0:0|2:1", "weight": 0.5},
    }},
]  # fmt: skip


@pytest.mark.parametrize("brief", BRIEFS)
@pytest.mark.parametrize("cell_m", [100.0, 40.0])
def test_every_cell_is_what_it_is_alone(
    squares: geoplan.Plan, brief: dict[str, Any], cell_m: float
) -> None:
    surface = surface_of(squares, cell_m, **brief)
    compare(surface, every(surface))


LAYERS = ["districts", "platforms", "wings", "hubs"]
SCOPES = ["", "district_code = A", "district_code in B|C", "candidate = parcel", "id = cell-5004-33203",
          "name_zh = 甲区机器人园", "project.land_km2 > 0", "wing_id = east"]  # fmt: skip


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """A hard rule of any kind over the layers of the tiny plan."""
    measure = draw(
        st.sampled_from(["inside", "distance_m", "share_covered", "attribute", "area_km2"])
    )
    rule: dict[str, Any] = {
        "effect": draw(st.sampled_from(["include", "exclude"])),
        "measure": measure,
    }
    if measure == "attribute":
        rule["condition"] = draw(st.sampled_from(SCOPES[1:]))
    elif measure != "area_km2":
        rule["layer"] = draw(st.sampled_from(LAYERS[: 3 if measure != "distance_m" else 4]))
        if rule["layer"] == "districts" and draw(st.booleans()):
            rule["where"] = draw(st.sampled_from(["code = A", "code in B|C", "code = D"]))
    if measure in ("distance_m", "inside"):
        rule[draw(st.sampled_from(["least", "most"]))] = draw(
            st.sampled_from([0, 1, 30, 250, 1_300])
        )
    elif measure != "attribute":
        rule[draw(st.sampled_from(["least", "most"]))] = draw(st.sampled_from([0, 0.01, 0.3, 1]))
    for key in ("scope", "exceptions"):
        if condition := draw(st.sampled_from(SCOPES)):
            rule[key] = condition
    return rule


@settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@given(st.lists(rules(), min_size=1, max_size=3), st.booleans())
def test_any_rules_judge_the_surface_as_they_judge_each_cell(
    squares: geoplan.Plan, made: list[dict[str, Any]], local: bool
) -> None:
    named = [{"id": f"rule-{n}", **rule} for n, rule in enumerate(made)]
    if local and len(named) > 1:
        named[1]["overrides"] = ["rule-0"]
    surface = surface_of(squares, 100.0, rules=named)
    expected = states_alone(surface, every(surface))
    for row, rule in enumerate(surface.rules):
        wrong = np.flatnonzero(surface.states[row] != expected[row])
        assert not wrong.size, (rule, wrong[:5])
    assert (surface.state == expected.max(axis=0)).all()


CITY_BRIEFS: list[dict[str, Any]] = [
    {"project": {"sector": "hz-robotics", "investment": "10亿元", "land": "150亩"}},
    {
        "project": {"sector": "hz-vehicles", "products": ["动力电池"], "land": "1500亩"},
        "must": {"districts": ["330109", "330114", "330110"],
                 "within_m": [{"to": "airport", "most_m": 40_000}, {"to": "rail_station", "most_m": 9_000}]},
        "must_not": {"wings": ["hz-south"], "nearer_than_m": [{"to": "layer:waters", "least_m": 1_500}]},
        "criteria": {"water": {"measure": "distance_m", "layer": "waters", "points": "0:1|3000:0", "weight": 1},
                     "rail_m": {"params": {"listed_m": 15_000}}},
    },
]  # fmt: skip


@pytest.mark.parametrize("brief", CITY_BRIEFS)
def test_cells_of_the_city_are_what_they_are_alone(
    city: geoplan.Plan, brief: dict[str, Any]
) -> None:
    surface = surface_of(city, 1_000.0, **brief)
    rng = np.random.default_rng(1)
    state = surface.cells.raster(surface.state, fill=9)
    turns = np.zeros(state.shape, dtype=np.bool_)
    turns[:, 1:] |= state[:, 1:] != state[:, :-1]
    turns[1:] |= state[1:] != state[:-1]
    some = rng.choice(len(surface.cells), 200, replace=False)
    where_it_turns = rng.choice(np.flatnonzero(surface.cells.taken(turns)), 200)
    compare(surface, np.unique(np.concatenate([some, where_it_turns])))


def test_without_rules_all_is_allowed(squares: geoplan.Plan) -> None:
    off = [{"id": key, "off": True} for key in squares.tables["rules"]["id"]]
    for rules_of_brief in (off, off[1:]):
        surface = surface_of(squares, rules=rules_of_brief)
        assert len(surface.rules) == len(off) - len(rules_of_brief)
        assert surface.allowed.all() or rules_of_brief != off
    assert surface_of(squares, rules=off).effects().empty


def test_a_score_by_hand(squares: geoplan.Plan) -> None:
    surface = surface_of(squares)
    assert [one.id for one in surface.chosen] == [
        "platform_named", "key_district", "same_sector_firms", "rail_m",
    ]  # fmt: skip
    assert len(surface.cells) == 300
    # In A, beside the one firm of the sector and in reach of the park, 1.8 km from the station.
    spot = surface.at(500_650.0, 3_320_450.0)
    assert spot is not None
    assert spot.site["district_code"].tolist() == ["A"]
    column = surface.values[:, spot.position]
    assert column[1] == 1
    assert column[0] in (np.float32(2 / 3), 1)
    centre = spot.site["centre"].iloc[0]
    station = shapely.Point(502_500.0, 3_320_500.0)
    assert column[3] == pytest.approx(1 - shapely.distance(centre, station) / 4_000, abs=2e-3)
    assert spot.score == pytest.approx(0.3 * column[0] + 0.3 + 0.2 * column[2] + 0.2 * column[3])
    assert spot.state == "allowed"
    assert surface.state[spot.position] == 0
    decision = surface.decided(spot.site)
    measured, verdicts = decision.measured, decision.verdicts
    for row, one in enumerate(surface.chosen):
        value = one.points.value(measured[one.id].best.iloc[0])
        assert column[row] == pytest.approx(value, abs=2e-3)
        assert (measured[one.id].evidence["candidate"] == spot.id).all()
    assert verdicts.state.tolist() == [spot.state]
    lon, lat = spot.site["centre"].to_crs("OGC:CRS84").iloc[0].coords[0]
    again = surface.at_lonlat(lon, lat)
    assert again is not None
    assert again.id == spot.id
    # In C nothing but the station is near.
    other = surface.at(502_550.0, 3_320_550.0)
    assert other is not None
    assert surface.values[:3, other.position].tolist() == [0.0, 0.0, 0.0]


def test_cells_are_the_candidates_of_a_grid(squares: geoplan.Plan, city: geoplan.Plan) -> None:
    questions = [
        (squares, {"kind": "grid", "cell_m": 100}, PROJECT),
        (squares, {"kind": "grid", "cell_m": 30, "within": ["C"]}, PROJECT),
        (squares, {"kind": "grid", "cell_m": 30, "within": ["park", "B"]}, PROJECT),
        (city, {"kind": "grid", "cell_m": 1_500, "within": ["330109"]}, {"sector": "hz-robotics"}),
    ]
    for plan, grid, project in questions:
        brief = brief_from({"title": "x", "project": project, "candidates": grid}, plan)
        ground = ground_of(plan, brief, brief.candidates.cell_m)
        expected = candidates(plan, brief)
        found = ground.sites(np.arange(len(ground.cells)))
        assert set(found.index) == set(expected.index)
        pd.testing.assert_frame_equal(found.loc[expected.index], expected)


@pytest.fixture
def windy() -> Iterator[str]:
    """A criterion of somebody else's."""

    @criterion("windy", Both("风", "Wind"), unit="m/s", better="high")
    def wind(at: Setting) -> Measured:
        measured = at.centres[:, 0] % 700 / 100
        return Measured.of(at.sites.index, np.where(measured < 1, np.nan, measured))

    yield "windy"
    del REGISTRY["windy"]


def test_a_criterion_of_others_is_asked_block_by_block(
    squares: geoplan.Plan, windy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurefields, "BLOCK", 37)
    monkeypatch.setattr(cellverdicts, "BLOCK", 7)
    surface = surface_of(squares, criteria={windy: {"points": "0:0.2|7:1", "weight": 0.5}})
    row = [one.id for one in surface.chosen].index(windy)
    assert 0 < np.count_nonzero(surface.known[row]) < len(surface.cells)
    # What is not known is worth the least of the scale.
    assert (surface.values[row, ~surface.known[row]] == np.float32(0.2)).all()
    compare(surface, every(surface))


def test_a_rule_may_name_a_cell(squares: geoplan.Plan) -> None:
    rule = {
        "id": "mine",
        "effect": "exclude",
        "measure": "attribute",
        "condition": "id = cell-5004-33203",
    }
    surface = surface_of(squares, rules=[rule])
    excluded = np.flatnonzero(surface.states[-1] == STATES.index("excluded"))
    assert surface.ground.sites(excluded).index.tolist() == ["cell-5004-33203"]


def test_other_weights_are_one_product(squares: geoplan.Plan) -> None:
    surface = surface_of(squares)
    other = surface.reweighted({"rail_m": 3.0, "key_district": 1.0})
    assert other.weights.to_dict() == {
        "platform_named": 0.0, "key_district": 0.25, "same_sector_firms": 0.0, "rail_m": 0.75,
    }  # fmt: skip
    expected = 0.25 * surface.values[1].astype(float) + 0.75 * surface.values[3]
    np.testing.assert_allclose(other.scores, expected, atol=1e-6)
    assert other.values is surface.values
    assert (surface.reweighted(surface.weights * 2).scores == surface.scores).all()
    with pytest.raises(QuestionError, match="no criterion here"):
        surface.reweighted({"airport": 1.0})
    with pytest.raises(QuestionError):
        surface.reweighted({"rail_m": -1.0})


def test_the_effects_of_rules_are_those_of_all_candidates(squares: geoplan.Plan) -> None:
    surface = surface_of(
        squares, must={"districts": ["A"], "within_m": [{"to": "rail_station", "most_m": 2_100}]}
    )
    sites = surface.ground.sites(every(surface))
    verdicts = judge(squares, surface.rules, sites, surface.ground.brief)
    pd.testing.assert_frame_equal(surface.effects(), verdicts.effects)
    assert (surface.allowed == (verdicts.state == "allowed").to_numpy()).all()


def test_outside_there_is_no_cell(squares: geoplan.Plan) -> None:
    surface = surface_of(squares)
    assert surface.at(0.0, 0.0) is None
    assert surface.at(499_999.0, 3_320_500.0) is None


def test_a_surface_of_likeness(squares: geoplan.Plan) -> None:
    surface = surface_of(squares, like={"site": "park"})
    assert surface.values.max() <= 1
    compare(surface, every(surface))
    # What is worth as much as the park itself is most like it.
    assert surface.functions["platform_named"].value(3.0) == 1.0


def test_best_areas_and_sites_are_allowed_cells(squares: geoplan.Plan) -> None:
    surface = surface_of(squares, 50.0, must_not={"districts": ["A"]})
    areas = best_areas(surface, least_mu=14.9, count=3, least_distance_m=200.0)
    # 15 亩 are one hectare: four cells of 50 m.
    assert areas["cells"].tolist() == [4, 4, 4]
    assert areas["area_mu"].tolist() == pytest.approx([15.0, 15.0, 15.0])
    assert areas["area_km2"].tolist() == pytest.approx([0.01, 0.01, 0.01])
    assert areas.geometry.area.tolist() == pytest.approx([1e4, 1e4, 1e4])
    assert set(areas["district_codes"]) <= {"B", "C", "B|C", "C|B"}
    assert areas["score"].is_monotonic_decreasing
    allowed = surface.ground.sites(np.flatnonzero(surface.allowed)).geometry.union_all()
    assert areas.geometry.within(allowed.buffer(1e-6)).all()
    assert shapely.distance(areas.geometry.iloc[0], areas.geometry.iloc[1]) >= 200
    sites = top_sites(surface, count=4, least_distance_m=400.0)
    assert sites["score"].iloc[0] == pytest.approx(surface.scores[surface.allowed].max())
    assert sites["score"].is_monotonic_decreasing
    assert sites.geometry.within(allowed.buffer(1e-6)).all()
    with pytest.raises(QuestionError):
        best_areas(surface, least_mu=0.0)
    with pytest.raises(QuestionError):
        top_sites(surface, count=0)


def test_where_nothing_is_allowed_there_is_nothing(squares: geoplan.Plan) -> None:
    surface = surface_of(squares, must_not={"districts": ["A", "B", "C"]})
    assert not surface.allowed.any()
    assert best_areas(surface, least_mu=15.0).empty
    assert top_sites(surface).empty
    assert surface_image(surface, [0.5]).classes.max() == UNKNOWN


def test_a_picture_tells_states_apart(squares: geoplan.Plan) -> None:
    surface = surface_of(squares, must={"districts": ["A", "B"]})
    edges = [0.3, 0.5]
    image = surface_image(surface, edges)
    counts = np.bincount(image.classes.ravel(), minlength=FIRST + 3)
    assert (counts[[OUTSIDE, EXCLUDED, UNKNOWN]] > 0).all()
    # Pixels are as large as cells, so there are about as many.
    shown = surface.allowed & (surface.scores >= 0.5)
    assert counts[FIRST + 2] == pytest.approx(np.count_nonzero(shown), rel=0.1)
    assert len(counts) == FIRST + 3
    for wrong in ([0.5, 0.3], list(np.arange(300) / 300)):
        with pytest.raises(QuestionError):
            surface_image(surface, wrong)


def test_survival_counts_allowed_cells_alone(squares: geoplan.Plan) -> None:
    surface = surface_of(squares, must_not={"districts": ["A"]})
    rng = np.random.default_rng(1)
    weightings = weight_draws(surface.weights, surface.weights.index, rng, 100, "any")
    found = surface.survival(weightings)
    assert found.share.sum() == pytest.approx(1)
    assert surface.allowed[found.position].all()


@pytest.mark.parametrize("cell_m", [0.0, 5.0, np.nan, np.inf, 1e7])
def test_sizes_that_make_no_cells_are_refused(squares: geoplan.Plan, cell_m: float) -> None:
    with pytest.raises(QuestionError):
        surface_of(squares, cell_m)


def test_too_many_cells_are_refused(city: geoplan.Plan) -> None:
    with pytest.raises(QuestionError, match="too many"):
        surface_of(city, 10.0, project={"sector": "hz-robotics"})


def test_a_plan_without_districts_cannot_be_explored(folder: Path) -> None:
    for path in (folder / "layers").glob("*"):
        path.unlink()
    with pytest.raises(QuestionError, match="district"):
        surface_of(geoplan.open_plan(folder))
