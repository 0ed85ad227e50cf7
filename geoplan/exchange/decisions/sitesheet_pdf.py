"""A site sheet as PDF: one page of A4 to sign."""

import io
from typing import Any

from geoplan.exchange.decisions.sitemap import SiteMap, draw_site_map
from geoplan.exchange.decisions.sitepage import PAGE_MM, Page
from geoplan.exchange.prints.furniture import text

_MM_PER_INCH = 25.4


def pdf_of(page: Page, drawn: SiteMap, title: str) -> bytes:
    """Draw a page that is laid out; the same page gives the same bytes."""
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.figure import Figure

    inches = [side / _MM_PER_INCH for side in PAGE_MM]
    figure = Figure(figsize=(inches[0], inches[1]), facecolor="#FFFFFF")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, PAGE_MM[0])
    axes.set_ylim(0, PAGE_MM[1])
    draw_site_map(axes, drawn)
    _draw_areas(axes, page)
    for words in page.words:
        text(
            axes, words.x, words.y, words.text, words.size_pt,
            bold=words.bold, color=words.colour, ha=words.align,
        )  # fmt: skip
    stream = io.BytesIO()
    metadata = {
        "Creator": "geoplan", "Producer": "geoplan", "Title": title,
        "CreationDate": page.account.made,
    }  # fmt: skip
    canvas: Any = FigureCanvasPdf(figure)
    canvas.print_pdf(stream, metadata=metadata)
    return stream.getvalue()


def _draw_areas(axes: Any, page: Page) -> None:
    from matplotlib.patches import Rectangle

    for order, area in enumerate(page.areas):
        box = area.box
        axes.add_patch(
            Rectangle((box.left, box.bottom), box.width, box.height,
                      facecolor=area.fill or "none", edgecolor=area.edge or "none",
                      linewidth=0.6, zorder=10 + order / 1000)
        )  # fmt: skip
