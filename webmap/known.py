"""What is computed from a plan once and used by many answers."""

from collections.abc import Mapping
from datetime import date

import geopandas as gpd
import pandas as pd

from geoplan.place.density import Density, Question, density
from geoplan.place.footprints import Box, all_boxes, grouped
from geoplan.place.locate import KINDS as LOCATED
from geoplan.place.locate import locate
from geoplan.place.placement import conformity as judged
from geoplan.place.placement import placement
from geoplan.place.series import money_by_year
from geoplan.place.zones import drawn_cell_m
from geoplan.plan.evidence import evidence_problems
from geoplan.plan.finding import Strings, names_of
from geoplan.plan.ledger import ledger, subject_names
from geoplan.plan.problems import Problem
from geoplan.plan.statements import Names
from webmap.shelf import Shown

_AGE = ("plan.ended", "freshness.passed")


def names(shown: Shown) -> Names:
    """(kind, id) → Chinese and English name."""
    return shown.things.get("names", lambda: subject_names(shown.plan))


def strings(shown: Shown) -> Strings:
    """Every string that names something."""
    return shown.things.get("strings", lambda: names_of(shown.plan))


def figures(shown: Shown) -> pd.DataFrame:
    """The ledger."""
    return shown.things.get("figures", lambda: ledger(shown.plan))


def located(shown: Shown, kind: str) -> gpd.GeoDataFrame:
    """Where each thing of a kind is known to be."""
    return shown.things.get(("located", kind), lambda: locate(shown.plan, kind))


def footprints(shown: Shown, kind: str) -> gpd.GeoDataFrame:
    """The distinct footprints of a kind."""
    return shown.things.get(("footprints", kind), lambda: grouped(located(shown, kind)))


def boxes(shown: Shown) -> Mapping[tuple[str, str], Box]:
    """(kind, id) → extent in degrees."""
    places = {kind: located(shown, kind) for kind in LOCATED}
    return shown.things.get("boxes", lambda: all_boxes(shown.plan, places))


def district_codes(shown: Shown) -> "Mapping[str, pd.Series[str]]":
    """Kind → district code of each thing, as located."""
    return {kind: located(shown, kind)["district_code"] for kind in ("projects", "enterprises")}


def age_notices(shown: Shown, today: date) -> tuple[Problem, ...]:
    """What has passed its promise: plans that have ended, sources and layers out of date."""

    def look() -> tuple[Problem, ...]:
        return tuple(p for p in evidence_problems(shown.plan, today) if p.code in _AGE)

    return shown.things.get(("age", today), look)


def cell_m(shown: Shown, vintage: str) -> float:
    """Size of the grid's cells, see :func:`geoplan.place.zones.drawn_cell_m`."""
    return shown.things.get(("cell_m", vintage), lambda: drawn_cell_m(shown.plan, vintage or None))


def answered(shown: Shown, question: Question) -> Density:
    """The answer to a question of density."""
    return shown.densities.get(question, lambda: density(shown.plan, question))


def statements(shown: Shown) -> pd.DataFrame:
    """Which sector the plan puts in which district: one row a statement."""
    return shown.things.get("statements", lambda: placement(shown.plan))


def conformity(shown: Shown) -> pd.DataFrame:
    """How each project agrees with the plan's placement."""
    return shown.things.get("conformity", lambda: judged(shown.plan))


def yearly_money(shown: Shown) -> pd.DataFrame:
    """Each project's money by year."""
    return shown.things.get("yearly", lambda: money_by_year(shown.plan))
