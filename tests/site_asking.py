"""Fixtures for tests of site selection through the web application.

A test module that wants them says ``pytest_plugins = ["site_asking"]``.
PYTEST_DONT_REWRITE: a test module may also import names from here.
"""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
import site_records
from conftest import TINY
from flask.testing import FlaskClient

from geoplan.plan.opening import Plan
from webmap import create_app, siting
from webmap.siting import Decided

BRIEF: dict[str, Any] = {
    "title": "机器人整机厂",
    "project": {"sector": "robots", "investment": "10亿元", "land": "150亩", "workers": 800},
}
SQUARE = shapely.box(120.002, 30.002, 120.004, 30.004)


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    app = create_app(TINY, {"WORKSPACE": tmp_path / "work"})
    app.testing = True
    return app.test_client()


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A record made by hand instead of the engine's; the briefs that were decided."""
    asked: list[Any] = []

    def decide(plan: Plan, brief: Any) -> Decided:
        asked.append(brief)
        ids = ["park", "evil", "nowhere"]
        frame = gpd.GeoDataFrame(
            geometry=[SQUARE, shapely.Point(120.018, 30.006), None], index=ids, crs="OGC:CRS84"
        )
        return Decided(
            site_records.record(brief=brief.as_dict()), frame.to_crs(plan.meta.analysis_crs)
        )

    monkeypatch.setattr(siting, "decided", decide)
    return asked


def scores(record: dict[str, Any], weights: dict[str, float], site: str) -> float:
    values = next(one["values"] for one in record["sites"] if one["id"] == site)
    return sum(weights[name] * value for name, value in values.items())
