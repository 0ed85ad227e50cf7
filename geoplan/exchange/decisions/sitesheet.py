"""The one-page site sheet of a decision record: PDF to sign, Word to edit.

Both say the same in the same order and come from the record alone; the plan
gives the names of sources and what the map shows.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Literal, get_args

import geopandas as gpd

from geoplan.errors import OutputError, QuestionError
from geoplan.exchange.decisions.siteaccount import Account, account
from geoplan.exchange.decisions.sitemap import SiteMap, site_map, site_map_png
from geoplan.exchange.decisions.sitepage import Page, compose_page
from geoplan.exchange.decisions.sitewords import Record, said, site_of
from geoplan.exchange.prints.furniture import Box
from geoplan.exchange.prints.lettering import drawable
from geoplan.exchange.prints.pictures import DRAWING, settings
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Language

SheetForm = Literal["pdf", "docx"]
SHEET_FORMS: tuple[SheetForm, ...] = get_args(SheetForm)
SHEET_MIMETYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
# The map of the Word file, in mm.
_WORD_MAP = Box(0.0, 0.0, 80.0, 80.0)
_WORD_LETTERS = 1.0


def sheet_pdf(
    record: Record,
    site_id: str,
    plan: Plan,
    language: Language = "zh",
    *,
    shapes: gpd.GeoDataFrame | None = None,
    printed_on: date | None = None,
) -> bytes:
    """One page of A4 about a site: why, why not, and what would change it, to sign.

    Parameters
    ----------
    record :
        A decision record as JSON gives it.
    shapes :
        Own candidates that the record only names; see
        :func:`geoplan.exchange.decisions.siteshapes.footprints`.
    printed_on :
        Printed, and judged by for freshness; today if ``None``.

    Raises
    ------
    QuestionError
        This is no record, it has no such site, or the language is unknown.
    OutputError
        No font with Chinese, or no matplotlib.
    """
    from geoplan.exchange.decisions.sitesheet_pdf import pdf_of

    with _drawing():
        page, drawn = compose(record, site_id, plan, language, shapes, printed_on)
        title = drawable(f"{page.account.heading} {page.account.title} {page.account.site}")
        return pdf_of(page, drawn, title)


def sheet_docx(
    record: Record,
    site_id: str,
    plan: Plan,
    language: Language = "zh",
    *,
    shapes: gpd.GeoDataFrame | None = None,
    printed_on: date | None = None,
) -> bytes:
    """The same sheet as a Word file to edit, the map as a picture.

    See :func:`sheet_pdf` for parameters and errors; also raised without python-docx.
    """
    from geoplan.exchange.decisions.sitesheet_docx import docx_of

    with _drawing():
        page, _ = compose(record, site_id, plan, language, shapes, printed_on)
        day = printed_on or date.today()
        drawn = site_map(
            record, site_id, plan, language, _WORD_MAP, drawn_on=day, shapes=shapes
        )  # fmt: skip
        picture = site_map_png(drawn)
        return docx_of(
            page.account, picture, _WORD_MAP.width, page.letters_pt * _WORD_LETTERS, page.lines
        )


def sheet(
    record: Record, site_id: str, plan: Plan, form: SheetForm, language: Language = "zh",
    *, shapes: gpd.GeoDataFrame | None = None, printed_on: date | None = None,
) -> bytes:  # fmt: skip
    """A site sheet in the form asked for.

    Raises
    ------
    QuestionError
        The form is none of :data:`SHEET_FORMS`; see also :func:`sheet_pdf`.
    """
    if form not in SHEET_FORMS:
        raise QuestionError(f"“{form}”: choose one of {', '.join(SHEET_FORMS)}")
    write = sheet_pdf if form == "pdf" else sheet_docx
    return write(record, site_id, plan, language, shapes=shapes, printed_on=printed_on)


def compose(
    record: Record,
    site_id: str,
    plan: Plan,
    language: Language,
    shapes: gpd.GeoDataFrame | None = None,
    printed_on: date | None = None,
) -> tuple[Page, SiteMap]:
    """What stands on the sheet and where, and what its map shows; nothing is drawn yet."""
    if language not in ("zh", "en"):
        raise QuestionError(f"“{language}” is no language of geoplan; choose zh or en")
    day = printed_on or date.today()
    told: Account = account(record, site_id, plan, language, day)
    page = compose_page(told)
    drawn = site_map(
        record, site_id, plan, language, page.map_box, drawn_on=day, shapes=shapes
    )  # fmt: skip
    return page, drawn


def sheet_name(record: Record, site_id: str, language: Language, form: SheetForm) -> str:
    """A name for the file: project, site, day of the decision; safe on every system."""
    question = str(record["question"].get("title") or "")
    site = said(site_of(record, site_id), language)
    parts = [question[:40], site[:40], str(record["made"])[:10]]
    words = [re.sub(r"[^\w.-]+", "_", part).strip("._") for part in parts]
    return "-".join(word for word in words if word) + f".{form}"


@contextmanager
def _drawing() -> Iterator[None]:
    """Matplotlib with the settings of a print, for one thread at a time."""
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise OutputError("site sheets need matplotlib: pip install 'geoplan[map]'") from error
    with DRAWING, mpl.rc_context():
        mpl.rcParams.update(settings(mpl))
        yield
