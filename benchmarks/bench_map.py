"""The layout map beside ``geopandas.explore`` on the same layers: build, size, first view.

Both maps are opened in headless Chromium from this machine; foreign hosts do
not answer, as on an intranet, so the peer's page is also counted by what it
would have to fetch from outside.

    python -m benchmarks.bench_map
"""

import gzip
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

import geoplan
from geoplan.plan.layers import as_lonlat
from webmap import create_app
from webmap.commands import warm

_ROLES = ("context", "districts", "waters", "wings", "platforms")
_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)  # fmt: skip
_READY = "window.geoplan && geoplan.map && document.querySelectorAll('canvas, path').length > 0"
_PEER_READY = "document.readyState === 'complete'"


def peer_page(plan: geoplan.Plan, target: Path) -> float:
    """Write the peer's page; seconds it took to build."""
    frames = [
        as_lonlat(layer.frame[layer.frame.geometry.notna()])
        for role in _ROLES
        for layer in plan.layers_of(role)[:1]
    ]
    start = time.perf_counter()
    shown: Any = None
    for frame in frames:
        shown = gpd.GeoDataFrame(frame).explore(m=shown, tiles=None)
    shown.save(target)
    return time.perf_counter() - start


def first_view(address: str, ready: str) -> tuple[float, int, list[str], int]:
    """Seconds until the page is ready, bytes transferred, foreign requests, shapes drawn."""
    foreign: list[str] = []
    received = [0]
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})

        def seen(request: Any) -> None:
            if not request.url.startswith(("http://127.0.0.1", "data:", "blob:", "file:")):
                foreign.append(request.url)

        def done(request: Any) -> None:
            sizes = request.sizes()
            received[0] += sizes["responseBodySize"] + sizes["responseHeadersSize"]

        page.on("request", seen)
        page.on("requestfinished", done)
        start = time.perf_counter()
        page.goto(address)
        page.wait_for_function(ready)
        seconds = time.perf_counter() - start
        page.wait_for_load_state("networkidle")
        drawn = page.evaluate("document.querySelectorAll('canvas, path').length")
        browser.close()
    return seconds, received[0], foreign, int(drawn)


def main() -> None:
    """Print the table."""
    plan = geoplan.open_plan()
    app = create_app(plan.folder)
    start = time.perf_counter()
    warm(app)
    built = time.perf_counter() - start
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ours = first_view(f"http://127.0.0.1:{server.server_port}/", _READY)
    page = len(app.test_client().get("/").data)
    server.shutdown()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "peer.html"
        peer_built = peer_page(plan, target)
        peer = first_view(target.as_uri(), _PEER_READY)
        size = target.stat().st_size
        packed = len(gzip.compress(target.read_bytes()))
    print("| | geoplan | geopandas.explore |\n|---|---|---|")
    print(f"| build s | {built:.2f} | {peer_built:.2f} |")
    print(f"| page kB | {page / 1e3:.0f} | {size / 1e3:.0f} |")
    print(f"| first view kB, compressed | {ours[1] / 1e3:.0f} | {packed / 1e3:.0f} + foreign |")
    print(f"| first view s | {ours[0]:.2f} | {peer[0]:.2f} |")
    print(f"| requests to foreign hosts | {len(ours[2])} | {len(peer[2])} |")
    print(f"| a map appears without the network | {bool(ours[3])} | {bool(peer[3])} |")
    if ours[2]:
        sys.exit(f"foreign requests: {ours[2]}")


if __name__ == "__main__":
    main()
