"""Texts in lines: where Chinese and Latin may break, and what stays together.

A page is tried in many sizes, so widths are sums of the letters' own widths;
they differ from what is drawn by kerning alone, less than one per cent.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from geoplan.exchange.prints.lettering import MM_PER_POINT, drawable, font

_OPENING = frozenset("(（“‘《〈【「[〔")
# Marks that must not begin a line; the dash because it comes in pairs.
_CLOSING = frozenset("，。；：、）》”’！？…·—,.;:!?)]%」】〉〕")
_JOIN = "\u00a0"
# A figure stays with its unit and its sign.
_BEFORE_UNIT = re.compile(
    r"(?<=[0-9]) (?=%|km|m\b|mu\b|firms?\b|times|points|公里|平方公里|米|家|级|名|分|倍|项|个|亩|人|处|亿元|万元)"
    r"|(?<=±) (?=[0-9])|(?<=%) (?=±)|(?<=CNY) |(?<=bn) (?=\()|(?<=第) (?=[0-9])"
)
_UNITS = ("平方公里", "公里", "亿元", "万元")
_SLACK = 1.01


@lru_cache(maxsize=8_000)
def folded(
    said: str, width_mm: float, size_pt: float, most: int, bold: bool = False
) -> tuple[tuple[str, ...], bool]:
    """A text in lines no wider than asked, and whether some of it found no room.

    A text that needs more lines than allowed is cut, and ends in “…”.

    Examples
    --------
    >>> folded("甲乙丙丁，戊己", 12.0, 10.0, 9)
    (('甲乙丙', '丁，戊', '己'), False)
    >>> folded("one two three", 12.0, 10.0, 1)
    (('one…',), True)
    """
    text = _BEFORE_UNIT.sub(_JOIN, drawable(said, bold))
    room = width_mm / (size_pt * MM_PER_POINT * _SLACK)
    lines: list[str] = []
    line, used = "", 0.0
    for piece in _pieces(text, room, bold):
        wide = width_em(piece.rstrip(" "), bold)
        if line and used + wide > room:
            lines.append(line)
            line, used = "", 0.0
            if len(lines) > most:
                break
        if line or piece.strip(" "):
            line += piece
            used += width_em(piece, bold)
    if line.strip():
        lines.append(line)
    is_cut = len(lines) > most
    if is_cut:
        lines = [*lines[: most - 1], _ending("".join(lines[most - 1 : most + 1]), room, bold)]
    return tuple(_plain(line) for line in lines), is_cut


def _plain(line: str) -> str:
    return line.replace(_JOIN, " ").strip()


def _ending(text: str, room: float, bold: bool) -> str:
    """So much of a text as fits before a “…”."""
    used = width_em("…", bold)
    for i, letter in enumerate(text):
        used += width_em(letter, bold)
        if used > room:
            return text[:i].rstrip(" " + _JOIN) + "…"
    return text.rstrip(" " + _JOIN) + "…"


def _pieces(text: str, room: float, bold: bool) -> Iterator[str]:
    """The parts of a text between which a line may break, none wider than a line."""
    start = 0
    for i in range(1, len(text) + 1):
        if i < len(text) and not _may_break(text, i):
            continue
        piece, start = text[start:i], i
        while width_em(piece.rstrip(" "), bold) > room and len(piece) > 1:
            fit = max(1, _fitting(piece, room, bold))
            yield piece[:fit]
            piece = piece[fit:]
        yield piece


def _may_break(text: str, i: int) -> bool:
    """Whether a line may end before the letter at a place."""
    before, after = text[i - 1], text[i]
    if after in _CLOSING or after == " " or before in _OPENING or _JOIN in (before, after):
        return False
    if before == " ":
        return True
    if any(text.startswith(unit, i - k) for unit in _UNITS for k in range(1, len(unit)) if k <= i):
        return False
    return _is_wide(before) or _is_wide(after)


@lru_cache(maxsize=20_000)
def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF" or letter in "“”‘’—…"


def _fitting(piece: str, room: float, bold: bool) -> int:
    used = 0.0
    for i, letter in enumerate(piece):
        used += width_em(letter, bold)
        if used > room:
            return i
    return len(piece)


def width_em(text: str, bold: bool = False) -> float:
    """Width of a drawable text in units of its size."""
    return sum(_advance(letter, bold) for letter in text)


@lru_cache(maxsize=40_000)
def _advance(letter: str, bold: bool) -> float:
    from matplotlib.font_manager import findfont, get_font
    from matplotlib.ft2font import LoadFlags

    face = get_font(findfont(font(bold), fallback_to_default=False))
    face.set_size(100, 72)
    glyph = face.load_char(ord(letter), flags=LoadFlags.NO_HINTING)
    return float(glyph.linearHoriAdvance) / 65536 / 100
