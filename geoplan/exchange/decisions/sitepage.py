"""The page of a site sheet: where each word and line stands, decided before anything is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from geoplan.exchange.decisions.siteaccount import EXTENTS, Account, Bar
from geoplan.exchange.decisions.sitemarks import SITE
from geoplan.exchange.decisions.sitewords import FULL_MARKS, points
from geoplan.exchange.prints.folding import folded
from geoplan.exchange.prints.furniture import Box
from geoplan.exchange.prints.lettering import LINE_HEIGHT, MM_PER_POINT, drawable, width_mm
from geoplan.exchange.prints.marks import ALERT, INK, QUIET

PAGE_MM = (210.0, 297.0)
LEFT, RIGHT, TOP, BOTTOM = 17.0, 12.0, 9.0, 8.0
WIDTH = PAGE_MM[0] - LEFT - RIGHT
_GAP = 4.5
_MAP_WIDTH = 83.0
_MAP_HEIGHTS = (74.0, 104.0)
_LETTERS = (8.4, 8.0, 7.6, 7.2, 6.8)
_NAME_MM, _BAR_MM, _POINTS_MM = 34.0, 15.0, 13.0
_SMALL = 0.84
_SIGN_MM = 12.5
_FINE_PT = 5.0
_BAND, _TRACK, _FILL, _LINE = "#F5F0E6", "#E9E3D7", "#5B7A99", "#B9AE9E"


@dataclass(frozen=True)
class Words:
    """One line of text: its baseline in mm of the page."""

    text: str
    x: float
    y: float
    size_pt: float
    bold: bool = False
    colour: str = INK
    align: str = "left"

    def box(self) -> tuple[float, float, float, float]:
        """What the line covers: left, bottom, right, top."""
        width = width_mm(self.text, self.size_pt, self.bold)
        left = self.x - {"left": 0.0, "center": width / 2, "right": width}[self.align]
        em = self.size_pt * MM_PER_POINT
        return left, self.y - 0.18 * em, left + width, self.y + 0.86 * em


@dataclass(frozen=True)
class Area:
    """A filled or outlined rectangle."""

    box: Box
    fill: str = ""
    edge: str = ""


@dataclass(frozen=True)
class Page:
    """Everything on the sheet but the inside of the map."""

    words: tuple[Words, ...]
    areas: tuple[Area, ...]
    map_box: Box
    account: Account
    letters_pt: float
    lines: int

    @property
    def is_shortened(self) -> bool:
        """Whether anything of the account is not on the sheet."""
        return self.account.is_shortened


@dataclass
class _Pen:
    """Writes downwards in a column."""

    left: float
    width: float
    y: float
    letters: float
    lines: int
    words: list[Words] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    has_cut: bool = False

    def beside(self, left: float, width: float, y: float) -> "_Pen":
        """Another column that writes into the same page."""
        return _Pen(left, width, y, self.letters, self.lines, self.words, self.areas)

    def folded(
        self, said: str, width: float, size: float, most: int, bold: bool = False
    ) -> tuple[str, ...]:
        """A text in lines; that some were cut is noted."""
        lines, is_cut = folded(said, width, size, most, bold)
        self.has_cut |= is_cut
        return lines

    def write(
        self, said: str, size: float, *, most: int = 0, bold: bool = False, colour: str = INK,
        indent: float = 0.0, mark: str = "",
    ) -> None:  # fmt: skip
        """Write a paragraph, and go below it."""
        lines = self.folded(said, self.width - indent, size, most or self.lines, bold)
        step = size * MM_PER_POINT * LINE_HEIGHT
        for i, line in enumerate(lines):
            self.y -= step
            if i == 0 and mark:
                self.put(Words(mark, self.left, self.y + 0.28 * step, size, False, QUIET))
            self.put(Words(line, self.left + indent, self.y + 0.28 * step, size, bold, colour))

    def put(self, words: Words) -> None:
        """Put a line where it says."""
        if words.text:
            self.words.append(words)

    def head(self, said: str) -> None:
        """A heading with a thin line below."""
        size = self.letters * 1.12
        self.y -= 1.0
        self.write(said, size, most=1, bold=True, colour="#4A4036")
        self.areas.append(Area(Box(self.left, self.y - 0.5, self.width, 0.18), fill=_LINE))
        self.y -= 1.2

    def skip(self, mm: float) -> None:
        """Leave some room."""
        self.y -= mm


def compose_page(account: Account) -> Page:
    """Lay an account out on one page: whole in smaller letters before shortened step by step."""
    fitting: Page | None = None
    for extent in EXTENTS:
        short = account.cut(extent)
        for letters in _LETTERS:
            page, rest = _laid_out(short, letters, extent.lines)
            if rest >= 0 and not page.is_shortened:
                return page
            if rest >= 0 and fitting is None:
                fitting = page
        if fitting is not None:
            return fitting
    return page


def _laid_out(account: Account, letters: float, lines: int) -> tuple[Page, float]:
    """The page, and by how much it fits (negative: it does not)."""
    pen = _Pen(LEFT, WIDTH, PAGE_MM[1] - TOP, letters, lines)
    _title(pen, account)
    _band(pen, account)
    pen.skip(2.5)
    top = pen.y
    bars = pen.beside(LEFT + _MAP_WIDTH + _GAP, WIDTH - _MAP_WIDTH - _GAP, top)
    _bars(bars, account)
    bars_height = top - bars.y
    # What stands below is measured first; the map takes what is left.
    below = _Pen(LEFT, WIDTH, 0.0, letters, lines)
    _below(below, account)
    foot = _Pen(LEFT, WIDTH, 0.0, letters, lines)
    _foot(foot, account)
    free = top - BOTTOM + below.y + foot.y - 2.0
    height = min(max(bars_height, _MAP_HEIGHTS[0]), _MAP_HEIGHTS[1])
    rest = free - height
    height = min(max(height, free), _MAP_HEIGHTS[1])
    map_box = Box(LEFT, top - height, _MAP_WIDTH, height)
    start = top - height - 1.0
    # Air between the parts where the page is not full.
    air = min(max(0.0, free - height) / 2, 8.0)
    words = [*pen.words, *_moved(below.words, start - air), *_moved(foot.words, BOTTOM - foot.y)]
    areas = [
        *pen.areas, *_shifted(below.areas, start - air), *_shifted(foot.areas, BOTTOM - foot.y)
    ]  # fmt: skip
    has_cut = pen.has_cut or bars.has_cut or below.has_cut or foot.has_cut
    short = replace(account, is_shortened=account.is_shortened or has_cut)
    if short.is_shortened:
        head = words[0]
        x = head.box()[2] + 3.0
        words.append(Words(drawable(short.shortened_note), x, head.y, 6.8, False, ALERT))
    return Page(tuple(words), tuple(areas), map_box, short, letters, lines), rest


def _moved(words: Sequence[Words], by: float) -> list[Words]:
    return [replace(item, y=item.y + by) for item in words]


def _shifted(areas: Sequence[Area], by: float) -> list[Area]:
    return [replace(a, box=replace(a.box, bottom=a.box.bottom + by)) for a in areas]


def _title(pen: _Pen, account: Account) -> None:
    top, half = pen.y, pen.width / 2
    left = pen.beside(pen.left, half - _GAP, top)
    left.write(account.heading, 8.0, most=1, colour=QUIET)
    lines = pen.folded(account.plan_title, half, 8.0, 1)
    pen.put(
        Words("".join(lines), pen.left + pen.width, left.words[-1].y, 8.0, False, QUIET, "right")
    )
    pen.y = left.y
    pen.areas.append(Area(Box(pen.left, pen.y - 0.6, pen.width, 0.3), fill="#4A4036"))
    pen.skip(1.6)
    size = 15.0 if len(account.title) <= 34 else 12.0
    pen.write(account.title, size, most=1 if size > 12 else 2, bold=True)
    pen.skip(0.4)
    for line in account.project:
        pen.write(line, pen.letters, most=2, colour="#4A4036")


def _band(pen: _Pen, account: Account) -> None:
    """Site on the left, verdict on the right, on a quiet ground."""
    pen.skip(2.0)
    top, pad = pen.y, 3.2
    answer = SITE if account.is_good else ALERT
    left = pen.beside(pen.left + pad, pen.width * 0.56 - pad, top - 1.4)
    left.write(account.site, 13.5, most=2, bold=True)
    left.write(account.about, pen.letters, most=3, colour="#4A4036")
    start = pen.left + pen.width * 0.58
    right = pen.beside(start, pen.left + pen.width - pad - start, top - 1.4)
    right.write(account.verdict, 12.0, most=2, bold=True, colour=answer)
    for line in account.verdict_lines:
        right.write(line, pen.letters * 1.05, most=2)
    pen.y = min(left.y, right.y) - 2.0
    pen.has_cut |= left.has_cut or right.has_cut
    ground = Box(pen.left, pen.y, pen.width, top - pen.y)
    pen.areas.append(Area(ground, fill=_BAND))
    pen.areas.append(Area(replace(ground, width=1.2), fill=answer))


def _bars(pen: _Pen, account: Account) -> None:
    pen.head(account.bars_title)
    size = pen.letters * 0.88
    step = size * MM_PER_POINT * LINE_HEIGHT
    most = max((bar.weight for bar in account.bars), default=0.0) or 1.0
    at, end = pen.left + _NAME_MM, pen.left + pen.width
    gained_at = at + _BAR_MM + _POINTS_MM
    value_mm = end - gained_at
    pen.y -= step
    for said, x, align in (
        (account.said("准则", "Criterion"), pen.left, "left"),
        (account.said("得分 / 满分", "points / of"), gained_at, "right"),
        (account.said("实测值（区间）", "measured (range)"), end, "right"),
    ):
        pen.put(Words(drawable(said), x, pen.y + 0.28 * step, size * 0.92, False, QUIET, align))
    for bar in account.bars:
        names = pen.folded(bar.name, _NAME_MM - 1.5, size, 2)
        values = pen.folded(bar.measured, value_mm - 1.5, size, 2)
        rows = max(len(names), len(values), 1)
        middle = pen.y - rows * step / 2 - 0.2
        for texts, x, align in ((names, pen.left, "left"), (values, end, "right")):
            for i, line in enumerate(texts):
                y = middle + (len(texts) / 2 - i - 0.72) * step
                pen.put(Words(line, x, y, size, align=align))
        _bar(pen, bar, Box(at, middle - 1.1, _BAR_MM, 2.2), most)
        gained = f"{points(bar.adds)} / {points(bar.weight)}"
        pen.put(Words(gained, gained_at, middle - 0.22 * step, size, align="right"))
        pen.y -= rows * step + 0.5
    total = sum(bar.adds for bar in account.bars)
    pen.areas.append(Area(Box(pen.left, pen.y - 0.1, pen.width, 0.18), fill=_LINE))
    pen.y -= step + 0.4
    for said, x, align in (
        (account.said("合计", "Total"), pen.left, "left"),
        (f"{points(total)} / {FULL_MARKS}", gained_at, "right"),
    ):
        pen.put(Words(drawable(said, True), x, pen.y + 0.28 * step, size, True, align=align))


def _bar(pen: _Pen, bar: Bar, box: Box, most: float) -> None:
    """The weight as a track, the points gained in it, and a thin line over their range."""
    width = box.width / most
    pen.areas.append(Area(replace(box, width=max(bar.weight, 0.0) * width), fill=_TRACK))
    pen.areas.append(Area(replace(box, width=max(bar.adds, 0.0) * width), fill=_FILL))
    if bar.high - bar.low > 0.0005:
        line = Box(box.left + bar.low * width, box.bottom + box.height / 2 - 0.15,
                   (bar.high - bar.low) * width, 0.3)  # fmt: skip
        pen.areas.append(Area(line, fill=INK))


def _below(pen: _Pen, account: Account) -> None:
    """What the reader asks first comes first: for the best site why, for any other why not."""
    parts = [_reasons, _against]
    for part in parts if account.is_first else reversed(parts):
        part(pen, account)
        pen.skip(0.6)
    pen.head(account.caveats_title)
    size = pen.letters * _SMALL
    joint = account.said("", " ")
    pen.write(joint.join(account.caveats), size, most=max(2, pen.lines + 1))
    if account.alerts:
        joined = account.said("；", "; ").join(account.alerts)
        alert = account.said("时效提示：", "Age: ") + joined
        pen.write(alert, size, most=max(1, pen.lines - 1), colour=ALERT)


def _reasons(pen: _Pen, account: Account) -> None:
    size = pen.letters
    pen.head(account.reasons_title)
    if not account.reasons:
        pen.write(account.said("没有可引的有利条件。", "Nothing to be cited."), size, colour=QUIET)
    for number, reason in enumerate(account.reasons, 1):
        pen.write(reason.text, size, indent=4.0, mark=f"{number}")
        pen.write(reason.cited(account.language), size * _SMALL, most=min(3, pen.lines),
                  colour=QUIET, indent=4.0)  # fmt: skip
        pen.skip(0.5)


def _against(pen: _Pen, account: Account) -> None:
    """Why not, and what would change it, side by side."""
    size, top = pen.letters, pen.y
    left = pen.beside(pen.left, pen.width * 0.54 - _GAP / 2, top)
    left.head(account.against_title)
    for note in account.against:
        left.write(note.head, size, most=2, bold=True)
        for line in note.body:
            left.write(line, size * 0.94)
        left.skip(0.7)
    start = pen.left + pen.width * 0.54 + _GAP / 2
    right = pen.beside(start, pen.left + pen.width - start, top)
    right.head(account.changes_title)
    for change in account.changes:
        right.write(change, size * 0.94, indent=size * 0.4, mark="·")
        right.skip(0.3)
    pen.y = min(left.y, right.y)
    pen.has_cut |= left.has_cut or right.has_cut


def _foot(pen: _Pen, account: Account) -> None:
    """Room to sign, and what the sheet was made from."""
    width = pen.width / len(account.signatures)
    pen.skip(1.0)
    for i, name in enumerate(account.signatures):
        box = Box(pen.left + i * width, pen.y - _SIGN_MM, width, _SIGN_MM)
        pen.areas.append(Area(box, edge=_LINE))
        pen.put(Words(drawable(name), box.left + 1.6, box.top - 3.6, 7.0, False, "#4A4036"))
    pen.skip(_SIGN_MM + 0.8)
    for line in account.identity:
        pen.write(line, _FINE_PT, most=2, colour=QUIET)
