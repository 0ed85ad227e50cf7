"""A site sheet as a Word file to edit: one page, the map as a picture."""

from dataclasses import replace
from typing import Any

from geoplan.exchange.decisions.siteaccount import Account, Bar
from geoplan.exchange.decisions.siteagainst import Note
from geoplan.exchange.decisions.sitemarks import SITE
from geoplan.exchange.decisions.sitewords import FULL_MARKS, points
from geoplan.exchange.office.worddocs import WordDocument
from geoplan.exchange.prints.folding import folded
from geoplan.exchange.prints.marks import ALERT, QUIET

_MARGINS_MM = (17.0, 12.0, 9.0, 7.0)
_SOFT, _LINE, _BAND, _TRACK, _FILL = "#4A4036", "#B9AE9E", "#F5F0E6", "#D9D0C0", "#5B7A99"
_SMALL, _FINE_PT = 0.84, 5.0
_SIGN_MM = 12.0
_BLOCKS = 16
_BLOCK = "█"


def docx_of(
    account: Account, picture: bytes, picture_mm: float, letters_pt: float, lines: int
) -> bytes:
    """Write an account as a Word file.

    Parameters
    ----------
    picture, picture_mm :
        The map as PNG, and its width on paper.
    lines :
        Most lines of a paragraph.
    """
    word = WordDocument(account.language, _MARGINS_MM)
    size = letters_pt
    account = clipped(account, word.width_mm, size, lines)
    _title(word, account, size)
    _band(word, account, size)
    _map_and_bars(word, account, size, picture, picture_mm)
    parts = [_reasons, _against]
    for part in parts if account.is_first else reversed(parts):
        part(word, account, size)
    _caveats(word, account, size)
    _signatures(word, account)
    for line in account.identity:
        word.write(line, _FINE_PT, colour=QUIET)
    title = f"{account.heading} {account.title} {account.site}"
    return word.content(title, account.plan_title, account.identity[-1], account.made)


def clipped(account: Account, width: float, size: float, lines: int) -> Account:
    """An account whose texts take no more lines than on the page of the PDF."""

    def cut(said: str, share: float, most: int, factor: float = 1.0) -> str:
        shown, is_cut = folded(said, width * share, size * factor, most)
        return said[: max(1, sum(map(len, shown)) - 2)].rstrip() + "…" if is_cut else said

    return replace(
        account,
        plan_title=cut(account.plan_title, 0.45, 1),
        title=cut(account.title, 0.9, 2, 1.5),
        project=tuple(cut(line, 1, 2) for line in account.project),
        site=cut(account.site, 0.5, 2, 1.6),
        about=cut(account.about, 0.5, 3),
        bars=tuple(
            replace(bar, name=cut(bar.name, 0.17, 2, 0.9), measured=cut(bar.measured, 0.16, 2, 0.9))
            for bar in account.bars
        ),
        reasons=tuple(
            replace(r, text=cut(r.text, 0.95, lines), where=cut(r.where, 0.7, min(2, lines), _SMALL))
            for r in account.reasons
        ),
        against=tuple(
            Note(cut(note.head, 0.5, 2, 1.1), tuple(cut(line, 0.5, lines) for line in note.body))
            for note in account.against
        ),
        changes=tuple(cut(change, 0.42, lines) for change in account.changes),
        caveats=(cut(account.said("", " ").join(account.caveats), 1, lines + 1, _SMALL),),
    )  # fmt: skip


def _head(word: WordDocument, said: str, size: float, into: Any = None) -> None:
    paragraph = word.write(said, size * 1.1, into=into, bold=True, colour=_SOFT, before_mm=1.2)
    word.line(paragraph)


def _title(word: WordDocument, account: Account, size: float) -> None:
    half = word.width_mm / 2
    row = word.table(1, (half, half)).rows[0]
    heading = word.write(account.heading, 8.0, into=row.cells[0], colour=QUIET)
    if account.is_shortened:
        word.add(heading, f"  {account.shortened_note}", 6.5, colour=ALERT)
    word.write(account.plan_title, 8.0, into=row.cells[1], colour=QUIET, align="right")
    line = word.write("", 2.0)
    word.line(line, _SOFT, 8)
    word.write(account.title, 15.0 if len(account.title) <= 34 else 11.5, bold=True, before_mm=1.0)
    for text in account.project:
        word.write(text, size, colour=_SOFT)
    word.write("", 3.0)


def _band(word: WordDocument, account: Account, size: float) -> None:
    left_mm = word.width_mm * 0.57
    row = word.table(1, (left_mm, word.width_mm - left_mm), pad_mm=2.0).rows[0]
    answer = SITE if account.is_good else ALERT
    word.bar_left(row.cells[0], answer)
    for cell in row.cells:
        word.shade(cell, _BAND)
    word.write(
        account.site, 13.0 if len(account.site) <= 40 else 10.0, into=row.cells[0], bold=True
    )
    word.write(account.about, size, into=row.cells[0], colour=_SOFT)
    word.write(account.verdict, 12.0, into=row.cells[1], bold=True, colour=answer)
    for line in account.verdict_lines:
        word.write(line, size, into=row.cells[1])
    word.write("", 4.0)


def _map_and_bars(
    word: WordDocument, account: Account, size: float, picture: bytes, picture_mm: float
) -> None:
    left_mm = picture_mm + 3.0
    right_mm = word.width_mm - left_mm
    row = word.table(1, (left_mm, right_mm)).rows[0]
    said = f"{account.site}: " + account.said("位置图", "map")
    word.picture(picture, picture_mm, said, row.cells[0])
    cell = row.cells[1]
    _head(word, account.bars_title, size, cell)
    widths = (32.0, 19.5, 14.5, right_mm - 66.0)
    table = word.table(len(account.bars) + 2, widths, into=cell, pad_mm=0.5)
    small = size * 0.88
    heads = (
        account.said("准则", "Criterion"), "", account.said("得分 / 满分", "points / of"),
        account.said("实测值（区间）", "measured (range)"),
    )  # fmt: skip
    for i, text in enumerate(heads):
        word.write(text, small * 0.92, into=table.rows[0].cells[i], colour=QUIET,
                   align="left" if i < 2 else "right")  # fmt: skip
    word.repeat(table.rows[0])
    most = max((bar.weight for bar in account.bars), default=0.0) or 1.0
    for bar, line in zip(account.bars, table.rows[1:], strict=False):
        word.keep_whole(line)
        word.write(bar.name, small, into=line.cells[0])
        _bar(word, bar, line.cells[1], most, small)
        gained = f"{points(bar.adds)} / {points(bar.weight)}"
        word.write(gained, small, into=line.cells[2], align="right")
        word.write(bar.measured, small, into=line.cells[3], align="right")
    last = table.rows[-1]
    total = points(sum(bar.adds for bar in account.bars))
    word.write(account.said("合计", "Total"), small, into=last.cells[0], bold=True)
    word.write(f"{total} / {FULL_MARKS}", small, into=last.cells[2], bold=True, align="right")


def _bar(word: WordDocument, bar: Bar, cell: Any, most: float, size: float) -> None:
    """Blocks of the weight, those gained dark: they can be edited as text."""
    track = max(1, round(bar.weight / most * _BLOCKS))
    gained = min(track, round(max(bar.adds, 0.0) / most * _BLOCKS))
    if gained == 0 and bar.adds > 0.0005:
        gained = 1
    paragraph = word.write("", size, into=cell)
    letters = size * 0.42
    word.add(paragraph, _BLOCK * gained, letters, colour=_FILL)
    word.add(paragraph, _BLOCK * (track - gained), letters, colour=_TRACK)


def _reasons(word: WordDocument, account: Account, size: float) -> None:
    _head(word, account.reasons_title, size)
    if not account.reasons:
        word.write(account.said("没有可引的有利条件。", "Nothing to be cited."), size, colour=QUIET)
    for number, reason in enumerate(account.reasons, 1):
        word.write(reason.text, size, indent_mm=4.0, mark=str(number))
        cited = reason.cited(account.language)
        if cited:
            word.write(cited, size * _SMALL, indent_mm=4.0, colour=QUIET)


def _against(word: WordDocument, account: Account, size: float) -> None:
    left_mm = word.width_mm * 0.54
    row = word.table(1, (left_mm, word.width_mm - left_mm), pad_mm=0.0).rows[0]
    left, right = row.cells
    _head(word, account.against_title, size, left)
    for note in account.against:
        word.write(note.head, size, into=left, bold=True)
        for line in note.body:
            word.write(line, size * 0.94, into=left)
    _head(word, account.changes_title, size, right)
    for change in account.changes:
        word.write(change, size * 0.94, into=right, indent_mm=2.6, mark="·")
    word.write("", 1.5)


def _caveats(word: WordDocument, account: Account, size: float) -> None:
    _head(word, account.caveats_title, size)
    word.write(account.said("", " ").join(account.caveats), size * _SMALL)
    if account.alerts:
        joined = account.said("；", "; ").join(account.alerts)
        word.write(account.said("时效提示：", "Age: ") + joined, size * _SMALL, colour=ALERT)


def _signatures(word: WordDocument, account: Account) -> None:
    word.write("", 3.0)
    count = len(account.signatures)
    row = word.table(1, (word.width_mm / count,) * count, edge=_LINE, pad_mm=1.4).rows[0]
    word.height(row, _SIGN_MM)
    word.keep_whole(row)
    for cell, name in zip(row.cells, account.signatures, strict=True):
        word.write(name, 7.5, into=cell, colour=_SOFT)
    word.write("", 2.0)
