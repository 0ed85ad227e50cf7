"""Word files: paragraphs, tables and pictures that Word, WPS and LibreOffice lay out alike.

Lines have exact heights and tables exact widths, so that a page stays a page
whatever fonts a machine has. The same content gives the same bytes.
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from geoplan.errors import OutputError
from geoplan.exchange.office.cells import cleaned
from geoplan.plan.problems import Language

LATIN, TEXT_FONT, HEAD_FONT = "Arial", "SimSun", "Microsoft YaHei"
_LINE = 1.32
# Word insists on the order of a table's properties.
_TABLE_ORDER = (
    "tblStyle", "tblW", "jc", "tblInd", "tblBorders", "shd", "tblLayout", "tblCellMar", "tblLook",
)  # fmt: skip
_MM_PER_INCH, _EMU_PER_MM, _TWIPS_PER_MM = 25.4, 36_000, 1440 / 25.4
_EPOCH = (1980, 1, 1, 0, 0, 0)
_APP = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>geoplan</Application></Properties>"
)


class WordDocument:
    """A document of one section on A4, written from the top.

    Parameters
    ----------
    margins_mm :
        Left, right, top, bottom.
    """

    def __init__(self, language: Language, margins_mm: tuple[float, float, float, float]) -> None:
        try:
            from docx import Document
            from docx.shared import Mm
        except ImportError as error:
            raise OutputError("Word files need python-docx: pip install 'geoplan[map]'") from error
        self.language = language
        self.document: Any = Document()
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        left, right, top, bottom = margins_mm
        section.left_margin, section.right_margin = Mm(left), Mm(right)
        section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)
        section.header_distance = section.footer_distance = Mm(4)
        self.width_mm = 210.0 - left - right
        self._set_fonts()

    def _set_fonts(self) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        style = self.document.styles["Normal"]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for name in list(fonts.attrib):
            del fonts.attrib[name]
        _font(fonts, TEXT_FONT, self.language)
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "zh-CN" if self.language == "zh" else "en-GB")
        language.set(qn("w:eastAsia"), "zh-CN")
        style.element.get_or_add_rPr().append(language)
        # Without the newest mode, tables begin left of the text and the title says “compatibility”.
        for setting in self.document.settings.element.iter(qn("w:compatSetting")):
            if setting.get(qn("w:name")) == "compatibilityMode":
                setting.set(qn("w:val"), "15")

    def write(
        self, said: str, size_pt: float, *, into: Any = None, bold: bool = False,
        colour: str = "#26221E", align: str = "left", before_mm: float = 0.0, indent_mm: float = 0.0,
        mark: str = "",
    ) -> Any:  # fmt: skip
        """Write a paragraph into the document or a cell.

        Parameters
        ----------
        mark :
            Stands in the indent, before the first line.
        """
        paragraph = self._paragraph(into, size_pt, align, before_mm)
        if indent_mm:
            from docx.shared import Mm

            paragraph.paragraph_format.left_indent = Mm(indent_mm)
            paragraph.paragraph_format.first_line_indent = Mm(-indent_mm)
            paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(indent_mm))
            self.add(paragraph, mark, size_pt, colour="#6B645B")
            paragraph.add_run().add_tab()
        self.add(paragraph, said, size_pt, bold=bold, colour=colour)
        return paragraph

    def add(
        self, paragraph: Any, said: str, size_pt: float, *, bold: bool = False,
        colour: str = "#26221E",
    ) -> None:  # fmt: skip
        """Add words to a paragraph."""
        from docx.shared import Pt, RGBColor

        run = paragraph.add_run(_bound(plain_words(said)))
        run.font.size = Pt(round(size_pt * 2) / 2)
        run.font.bold = bold
        run.font.color.rgb = RGBColor.from_string(colour.lstrip("#"))
        fonts = run._element.get_or_add_rPr().get_or_add_rFonts()
        _font(fonts, HEAD_FONT if bold else TEXT_FONT, self.language)

    def _paragraph(self, into: Any, size_pt: float, align: str, before_mm: float) -> Any:
        from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
        from docx.shared import Mm, Pt

        place = self.document if into is None else into
        # A new cell comes with an empty paragraph, which would cost a line.
        free = into is not None and len(into.paragraphs) == 1 and not into.paragraphs[0].runs
        has_table = into is not None and len(into.tables) > 0
        paragraph = into.paragraphs[0] if free and not has_table else place.add_paragraph()
        shape = paragraph.paragraph_format
        shape.space_before, shape.space_after = Mm(before_mm), Pt(0)
        shape.line_spacing_rule, shape.line_spacing = (
            WD_LINE_SPACING.EXACTLY,
            Pt(round(size_pt * _LINE * 2) / 2),
        )
        sides = {"left": "LEFT", "right": "RIGHT", "center": "CENTER"}
        paragraph.alignment = getattr(WD_ALIGN_PARAGRAPH, sides[align])
        return paragraph

    def line(self, paragraph: Any, colour: str = "#B9AE9E", eighths: int = 4) -> None:
        """Draw a line below a paragraph."""
        borders = _element("w:pBdr", {})
        borders.append(
            _element("w:bottom", {"val": "single", "sz": str(eighths), "space": "1",
                                  "color": colour.lstrip("#")})
        )  # fmt: skip
        properties = paragraph._p.get_or_add_pPr()
        properties.insert_element_before(
            borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
        )

    def table(
        self, rows: int, widths_mm: Sequence[float], *, into: Any = None, edge: str = "",
        pad_mm: float = 0.0,
    ) -> Any:  # fmt: skip
        """Add a table of exact widths, without lines unless ``edge`` gives their colour."""
        from docx.shared import Mm

        place = self.document if into is None else into
        made = (
            place.add_table(rows, len(widths_mm))
            if into is None
            else _nested(into, rows, widths_mm)
        )
        made.autofit = False
        properties = made._tbl.tblPr
        style = properties.find(_name("w:tblStyle"))
        if style is not None:
            properties.remove(style)
        width = properties.find(_name("w:tblW"))
        width.set(_name("w:type"), "dxa")
        width.set(_name("w:w"), str(round(sum(widths_mm) * _TWIPS_PER_MM)))
        indent = _element("w:tblInd", {"w": "0", "type": "dxa"})
        for element in (indent, _edges(edge), _margins(pad_mm)):
            properties.append(element)
        properties[:] = sorted(
            properties, key=lambda child: _TABLE_ORDER.index(child.tag.split("}")[1])
        )
        for i, width in enumerate(widths_mm):
            made.columns[i].width = Mm(width)
            for row in made.rows:
                row.cells[i].width = Mm(width)
        return made

    def shade(self, cell: Any, colour: str) -> None:
        """Give a cell a ground."""
        fill = colour.lstrip("#")
        cell._tc.get_or_add_tcPr().append(
            _element("w:shd", {"val": "clear", "color": "auto", "fill": fill})
        )

    def bar_left(self, cell: Any, colour: str) -> None:
        """Give a cell a thick line on its left."""
        borders = _element("w:tcBorders", {})
        borders.append(
            _element("w:left", {"val": "single", "sz": "36", "space": "0",
                                "color": colour.lstrip("#")})
        )  # fmt: skip
        cell._tc.get_or_add_tcPr().append(borders)

    def repeat(self, row: Any) -> None:
        """Repeat a row at the top of every page that its table reaches."""
        row._tr.get_or_add_trPr().append(_element("w:tblHeader", {}))

    def keep_whole(self, row: Any) -> None:
        """Do not break a row over two pages."""
        row._tr.get_or_add_trPr().append(_element("w:cantSplit", {}))

    def height(self, row: Any, mm: float) -> None:
        """Give a row an exact height."""
        from docx.enum.table import WD_ROW_HEIGHT_RULE
        from docx.shared import Mm

        row.height, row.height_rule = Mm(mm), WD_ROW_HEIGHT_RULE.EXACTLY

    def picture(self, content: bytes, width_mm: float, said: str, into: Any) -> None:
        """Put a picture into a cell; ``said`` is read out to who cannot see it."""
        from docx.enum.text import WD_LINE_SPACING
        from docx.shared import Mm

        paragraph = self._paragraph(into, 8.0, "left", 0.0)
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        shape = paragraph.add_run().add_picture(io.BytesIO(content), width=Mm(width_mm))
        for side in ("distT", "distB", "distL", "distR"):
            shape._inline.set(side, "0")
        shape._inline.docPr.set("descr", plain_words(said))
        shape._inline.docPr.set("name", plain_words(said)[:60])

    def content(self, title: str, subject: str, comments: str, made: datetime) -> bytes:
        """The file, with what it says of itself."""
        core = self.document.core_properties
        core.title, core.subject = plain_words(title)[:255], plain_words(subject)[:255]
        core.author = core.last_modified_by = "geoplan"
        core.comments, core.keywords, core.category = plain_words(comments)[:255], "", ""
        core.created = core.modified = made.astimezone(UTC).replace(tzinfo=None)
        core.language, core.revision = "zh-CN" if self.language == "zh" else "en", 1
        self._forget_the_template()
        stream = io.BytesIO()
        self.document.save(stream)
        return _packed_again(stream.getvalue())

    def _forget_the_template(self) -> None:
        """Take out the picture, the program and the file that the empty document was made from."""
        package = self.document.part.package
        for owner in (package, self.document.part):
            for key, relation in list(owner.rels.items()):
                kind = relation.reltype.rpartition("/")[2]
                if kind in ("thumbnail", "customXml", "stylesWithEffects"):
                    del owner.rels[key]
                elif kind == "extended-properties":
                    relation.target_part._blob = _APP.encode()


def plain_words(text: str) -> str:
    """A text that a document can hold: no control characters, no invisible ones."""
    kept = "".join(c for c in cleaned(text) if unicodedata.category(c) != "Cf")
    return re.sub(r"\s+", " ", kept)


def _bound(text: str) -> str:
    """A text whose percentages are not torn apart at the end of a line."""
    return text.replace(" %", "\u00a0%").replace("± ", "±\u00a0")


def _name(tag: str) -> str:
    from docx.oxml.ns import qn

    found: str = qn(tag)
    return found


def _element(tag: str, attributes: dict[str, str]) -> Any:
    from docx.oxml import OxmlElement

    made: Any = OxmlElement(tag)
    for key, value in attributes.items():
        made.set(_name(f"w:{key}"), value)
    return made


def _font(fonts: Any, name: str, language: Language) -> None:
    for key, value in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", name)):
        fonts.set(_name(f"w:{key}"), value)
    if language == "zh":
        # Quotation marks and dashes belong to the Chinese font then.
        fonts.set(_name("w:hint"), "eastAsia")


def _edges(colour: str) -> Any:
    borders = _element("w:tblBorders", {})
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        facts = {"val": "single", "sz": "4", "space": "0", "color": colour.lstrip("#")}
        borders.append(_element(f"w:{side}", facts if colour else {"val": "nil"}))
    return borders


def _margins(mm: float) -> Any:
    margins = _element("w:tblCellMar", {})
    for side in ("top", "left", "bottom", "right"):
        width = mm if side in ("left", "right") else mm / 2
        margins.append(
            _element(f"w:{side}", {"w": str(round(width * _TWIPS_PER_MM)), "type": "dxa"})
        )
    return margins


def _nested(cell: Any, rows: int, widths_mm: Sequence[float]) -> Any:
    from docx.enum.text import WD_LINE_SPACING
    from docx.shared import Pt

    made = cell.add_table(rows, len(widths_mm))
    # A cell must end with a paragraph; this one takes no room.
    shape = cell.paragraphs[-1].paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(1)
    return made


def _packed_again(content: bytes) -> bytes:
    """The same package without the time it was written at."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return stream.getvalue()
