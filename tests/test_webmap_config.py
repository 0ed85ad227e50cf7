"""What an installation may choose: every basemap says its datum and names its hosts."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import TINY

from geoplan.plan.offsets import offsets_m
from webmap import create_app
from webmap.config import ConfigError, read_config

URL = "https://tiles.example.org/{z}/{x}/{y}.png"
PIXEL = b"\x89PNG\r\n\x1a\n"


def basemap(**options: Any) -> Any:
    return read_config({"BASEMAP": options}).basemap


def test_there_is_no_basemap_by_default() -> None:
    for given in (None, {}, {"BASEMAP": None}, {"BASEMAP": {"kind": "none"}}):
        chosen = read_config(given).basemap
        assert (chosen.hosts, chosen.described()) == ([], None)


def test_xyz_names_its_host_and_datum() -> None:
    chosen = basemap(kind="xyz", source=URL, datum="GCJ-02", credit="某图")
    assert chosen.hosts == ["https://tiles.example.org"]
    described = chosen.described()
    assert (described["datum"], described["credit"], described["urls"]) == ("GCJ-02", "某图", [URL])


def test_subdomains_are_all_named() -> None:
    chosen = basemap(kind="xyz", source=URL.replace("tiles", "{s}.tiles"), datum="WGS 84")
    assert chosen.hosts == [f"https://{letter}.tiles.example.org" for letter in "abc"]


def test_wmts_speaks_of_matrix_row_and_column() -> None:
    url = "http://maps.local:8080/wmts/{TileMatrix}/{TileRow}/{TileCol}"
    chosen = basemap(kind="wmts", source=url, datum="CGCS2000")
    assert chosen.urls == ("http://maps.local:8080/wmts/{z}/{y}/{x}",)
    assert chosen.hosts == ["http://maps.local:8080"]


def test_tianditu_needs_only_a_key() -> None:
    chosen = basemap(kind="tianditu", source="a key&more")
    assert chosen.datum == "CGCS2000"
    assert len(chosen.hosts) == 8
    assert all(url.endswith("tk=a%20key%26more") for url in chosen.urls)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "satellite"}, "choose one of"),
        ({"kind": "xyz"}, "a URL template"),
        ({"kind": "tianditu"}, "a key"),
        ({"kind": "xyz", "source": URL}, "datum"),
        ({"kind": "xyz", "source": URL, "datum": "Beijing 54"}, "WGS 84"),
        ({"kind": "xyz", "source": "https://a/{z}/{x}", "datum": "WGS 84"}, "{y}"),
        ({"kind": "xyz", "source": URL.replace("https", "ftp"), "datum": "WGS 84"}, "ftp"),
        ({"kind": "xyz", "source": URL.replace(".org", ".org; x"), "datum": "WGS 84"}, "address"),
        ({"kind": "xyz", "source": URL.replace("//", "//u:p@"), "datum": "WGS 84"}, "address"),
        ({"kind": "tiles", "source": "/nowhere/at/all", "datum": "WGS 84"}, "no folder"),
        ({"kind": "xyz", "source": URL, "datum": "WGS 84", "max_zoom": 99}, "max_zoom"),
        ({"kind": "none", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_work_is_refused_with_a_reason(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        basemap(**options)


def test_only_configured_hosts_may_send_images() -> None:
    plain = create_app(TINY).test_client().get("/healthz")
    assert "img-src 'self' data: blob:;" in plain.headers["Content-Security-Policy"]
    app = create_app(TINY, {"BASEMAP": {"kind": "xyz", "source": URL, "datum": "WGS 84"}})
    policy = app.test_client().get("/healthz").headers["Content-Security-Policy"]
    assert "img-src 'self' data: blob: https://tiles.example.org;" in policy
    assert "connect-src 'self';" in policy


def test_local_tiles_are_served_and_nothing_else_of_the_disk(tmp_path: Path) -> None:
    tiles = tmp_path / "tiles"
    (tiles / "3/6").mkdir(parents=True)
    (tiles / "3/6/2.png").write_bytes(PIXEL)
    (tmp_path / "secret.png").write_bytes(PIXEL)
    options = {"kind": "tiles", "source": str(tiles), "datum": "BD-09"}
    client = create_app(TINY, {"BASEMAP": options}).test_client()
    found = client.get("/tiles/3/6/2")
    assert (found.status_code, found.data, found.mimetype) == (200, PIXEL, "image/png")
    for path in ("/tiles/3/6/3", "/tiles/3/../secret", "/tiles/3/6/..%2f..%2fsecret"):
        assert client.get(path).status_code == 404, path
    state = client.get("/api/state").get_json()
    assert state["basemap"]["urls"] == ["/tiles/{z}/{x}/{y}"]
    assert str(tmp_path) not in client.get("/api/state").text


def test_without_local_tiles_there_are_none() -> None:
    assert create_app(TINY).test_client().get("/tiles/0/0/0").status_code == 404


@pytest.mark.parametrize(
    ("datum", "least_m", "most_m"), [("WGS 84", 0, 1), ("GCJ-02", 300, 700), ("BD-09", 700, 1500)]
)
def test_layers_are_drawn_in_the_datum_of_the_basemap(
    datum: str, least_m: float, most_m: float
) -> None:
    chosen = {"kind": "xyz", "source": "https://tiles.example.org/{z}/{x}/{y}.png", "datum": datum}
    client = create_app(TINY, {"BASEMAP": chosen}).test_client()
    assert client.get("/api/state").get_json()["basemap"]["datum"] == datum
    stored = json.loads((TINY / "layers/districts.geojson").read_text("utf-8"))
    shown = client.get("/api/layers/districts.geojson").get_json()
    here = np.array(stored["features"][0]["geometry"]["coordinates"][0])
    there = np.array(shown["features"][0]["geometry"]["coordinates"][0])
    moved_m = np.hypot(*(offsets_m(there[:1], here[:1])[0]))
    assert least_m <= moved_m <= most_m
