"""The commands of the web application: serve it, or carry it in one file.

They reach the command line through the entry points ``geoplan.commands``, so
that geoplan itself knows no web framework.
"""

from pathlib import Path
from typing import Any

import click
from flask import Flask

from geoplan.cli import plan_option, progress
from geoplan.exchange.files.writing import write_text
from geoplan.plan.crs import DATUMS
from webmap.config import BASEMAP_KINDS

_FIRST_VIEW = (
    "/?lang=zh",
    "/?lang=en",
    "/site?lang=zh",
    "/api/zones/district.geojson",
    "/api/density?by=district&k=5&measure=investment_wanyuan_per_km2&method=natural_breaks",
    "/api/projects",
    *(f"/api/layers/{name}.geojson" for name in ("platforms", "projects", "waters", "context")),
)


@click.command()
@plan_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port; 0 takes any that is free.",
)
@click.option(
    "--basemap",
    "kind",
    type=click.Choice(BASEMAP_KINDS),
    default="none",
    show_default=True,
    help="Tiles below the plan. They come from outside unless they are local.",
)
@click.option("--basemap-source", "source", default="", help="URL template, key, or folder.")
@click.option(
    "--basemap-datum",
    "datum",
    type=click.Choice(list(DATUMS)),
    default=None,
    help="Datum of the tiles; asked for with xyz, wmts and tiles.",
)
@click.option("--basemap-credit", "credit", default="", help="Whom the map has to name.")
@click.option(
    "--edit",
    is_flag=True,
    help="Let whoever can open the page write imports into the plan. There is no login.",
)
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where saved briefs are kept; default: the user's state folder.",
)
def serve(
    folder: Path | None, host: str, port: int, edit: bool, workspace: Path | None, **basemap: Any
) -> None:
    """Show the plan in a browser, on this machine, until interrupted."""
    from webmap import create_app
    from webmap.serving import serve as serve_app

    chosen = {name: value or "" for name, value in basemap.items()}
    app = create_app(folder, {"BASEMAP": chosen, "EDIT": edit, "WORKSPACE": workspace})
    warm(app)
    serve_app(app, host, port)


def warm(app: Flask) -> None:
    """Work out the first view before anybody waits for it."""
    client = app.test_client()
    for path in _FIRST_VIEW:
        client.get(path, headers={"Accept-Encoding": "gzip"})


@click.command(name="map")
@plan_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("atlas.html"),
    show_default=True,
    help="File to write.",
)
@click.option("--lang", "language", type=click.Choice(["zh", "en"]), default=None, help="Language.")
def carry(folder: Path | None, out: Path, language: str | None) -> None:
    """Write the map as one HTML file that works without a server or a network."""
    from webmap import create_app
    from webmap.atlas import atlas_html

    app = create_app(folder)
    with progress("working out every view"):
        write_text(out, atlas_html(app, language) if language else atlas_html(app))
    click.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB")
