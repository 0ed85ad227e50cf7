"""Years, spans of years and days as people write them: “2017—2019年”, “2017.3-2019.12”."""

import re
from datetime import date, datetime

from geoplan.exchange.sheets.amounts import Unreadable, plain
from geoplan.exchange.sheets.workbookreading import day_of_serial

FIRST_YEAR, LAST_YEAR = 1900, 2100
_LONGEST = 60
_SERIALS = (18_264, 73_415)
_Y = r"(?:19|20)[0-9]{2}"
_M = r"(?:1[0-2]|0?[1-9])"
_D = r"(?:3[01]|[12][0-9]|0?[1-9])"
_DAY = re.compile(
    rf"(?P<y>{_Y})(?:年度?|(?=$))(?:(?P<m>{_M})月(?:(?P<d>{_D})[日号]?)?)?"
    rf"|(?P<y2>{_Y})(?P<s>[./-])(?P<m2>{_M})(?:(?P=s)(?P<d2>{_D}))?"
    rf"|(?P<y3>{_Y})(?P<m3>0[1-9]|1[0-2])(?P<d3>0[1-9]|[12][0-9]|3[01])?"
    rf"|(?P<y4>{_Y})(?P<m4>{_M})月"
)
_STRONG = re.compile(r"至今|-{2,}|[~—–―至到→]+")
_FILLING = re.compile(
    r"(?:起|开工|竣工|完工|建成|投产|开始|结束|完成|止|底|末|初|前|左右|计划|预计|拟|[上下]半年|q[1-4]|第?[一二三四1-4]季度)+$"
)
_LEADING = re.compile(r"^(?:从|自|由|计划|预计|拟|起止|建设)+")
_FIVE_YEARS = re.compile(
    r"[“\"']?(?P<tens>十?)(?P<ones>[一二三四五六七八九]?)五[”\"']?(?:规划)?(?:期间|时期)?"
)
_ONLY_START = re.compile("(?:起|开工|开始|启动|以后|之后)$")
_ONLY_END = re.compile("(?:[底末]?前|竣工|完工|建成|投产|完成)$")
_IN_WORDS = re.compile(
    "(?<![〇零○一二三四五六七八九十])(?:一九|二[〇零○])[〇零○一二三四五六七八九]{2}(?![〇零○一二三四五六七八九十])"
)
_WORD_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_BRACKETED = re.compile(r"[(（]([^()（）]*)[)）]")

Part = tuple[int, int | None, int | None]


def span_of(value: object, *, starts_1904: bool = False) -> tuple[int, int, bool]:
    """First year, last year, and whether a serial number of a day was taken for its year.

    Raises
    ------
    Unreadable
        No years, or more than one way to read them.

    Examples
    --------
    >>> span_of("2017年—2019年"), span_of("2017.3-2019.12"), span_of(2020.0)
    ((2017, 2019, False), (2017, 2019, False), (2020, 2020, False))
    >>> span_of("2017-19年")
    (2017, 2019, False)
    """
    if isinstance(value, datetime | date):
        return value.year, value.year, False
    if isinstance(value, int | float) and not isinstance(value, bool):
        year, is_serial = _year_of_number(float(value), starts_1904=starts_1904)
        return year, year, is_serial
    text = str(value)
    if len(text) > _LONGEST:
        raise Unreadable("value.type")
    plan = _five_years(plain(text))
    if plan is not None:
        return *plan, False
    said = _LEADING.sub("", plain(_in_digits(text)))
    said = re.sub(rf"({_Y}年){_M}(?:月)?-({_M}月)", r"\1\2", said)
    found = _read_span(said)
    if found is None:
        aside = _BRACKETED.search(said)
        found = _read_span(_LEADING.sub("", aside[1])) if aside else None
    if found is None:
        # Words around two years do no harm; around one they may change what it means.
        years = re.findall(rf"(?<![0-9]){_Y}(?![0-9])", said)
        rest = re.sub(rf"{_Y}", "", said)
        if len(years) == 2 and not re.search("[0-9]", rest):
            found = (int(years[0]), int(years[1]))
    if found is None:
        if re.fullmatch(r"[0-9]{4,6}(?:\.0+)?", said):
            year, is_serial = _year_of_number(float(said), starts_1904=starts_1904)
            return year, year, is_serial
        raise Unreadable("value.type")
    return found[0], found[1], False


def year_of(value: object, *, is_end: bool = False, starts_1904: bool = False) -> tuple[int, bool]:
    """A single year, and whether a serial number of a day was taken for it.

    Of a span it is the first year, or the last where ``is_end``; words such
    as 年底前 or 起 do no harm here.

    Examples
    --------
    >>> year_of("2020年底前"), year_of("2017-2019年", is_end=True)
    ((2020, False), (2019, False))
    """
    try:
        first, last, is_serial = span_of(value, starts_1904=starts_1904)
    except Unreadable:
        said = plain(str(value)[:_LONGEST])
        years = re.findall(rf"(?<![0-9]){_Y}(?![0-9])", said)
        if len(years) != 1 or re.search("[0-9]{3,}", said.replace(years[0], "")):
            raise
        return int(years[0]), False
    return (last if is_end else first), is_serial


def day_of(value: object, *, starts_1904: bool = False) -> date:
    """A day; a month or a year alone is not precise enough to be one.

    Raises
    ------
    Unreadable
        No day.

    Examples
    --------
    >>> day_of("2021年3月5日"), day_of("20210305"), day_of(44260.0)
    (datetime.date(2021, 3, 5), datetime.date(2021, 3, 5), datetime.date(2021, 3, 5))
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        if _SERIALS[0] <= number < _SERIALS[1]:
            found = day_of_serial(number, starts_1904=starts_1904)
            if found is not None:
                return found.date()
        value = f"{number:.0f}" if number.is_integer() and number < 1e9 else ""
    text = str(value)
    if re.fullmatch("[1-7][0-9]{4}", text):
        return day_of(float(text), starts_1904=starts_1904)
    said = plain(text[:_LONGEST])
    said = re.sub(r"t?[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?z?$", "", said)
    part = _read_part(said)
    if part is None or len(text) > _LONGEST:
        raise Unreadable("value.type")
    if part[1] is None or part[2] is None:
        raise Unreadable("value.ambiguous_date")
    try:
        return date(part[0], part[1], part[2])
    except ValueError as error:
        raise Unreadable("value.type") from error


def _year_of_number(number: float, *, starts_1904: bool) -> tuple[int, bool]:
    if number.is_integer() and FIRST_YEAR <= number <= LAST_YEAR:
        return int(number), False
    if number.is_integer() and 190_001 <= number <= 21_001_231:
        part = _read_part(f"{number:.0f}")
        if part is not None:
            return part[0], False
    if _SERIALS[0] <= number < _SERIALS[1]:
        day = day_of_serial(number, starts_1904=starts_1904)
        if day is not None:
            return day.year, True
    raise Unreadable("value.type")


def _read_span(said: str) -> tuple[int, int] | None:
    halves = list(_STRONG.split(said))
    if len(halves) == 1:
        halves = _cut_at_hyphen(said)
    if len(halves) > 2 or "至今" in said:
        return None
    start = _read_part(_bare(halves[0]))
    if start is None:
        # “2017至2019年”: the first half may lack its 年, the second the century.
        return None
    if len(halves) == 1:
        is_open = _ONLY_START.search(said) or _ONLY_END.search(said)
        return None if is_open else (start[0], start[0])
    end = _read_part(_bare(halves[1]))
    if end is not None:
        return start[0], end[0]
    short = re.fullmatch(r"([0-9]{2})年?", _bare(halves[1]))
    if short is not None:
        year = start[0] // 100 * 100 + int(short[1])
        return (start[0], year) if year > start[0] else None
    if re.fullmatch(rf"{_M}月(?:{_D}日?)?", _bare(halves[1])):
        return start[0], start[0]
    return None


def _five_years(said: str) -> tuple[int, int] | None:
    """The years of a national five-year plan: “十四五”期间."""
    found = _FIVE_YEARS.fullmatch(said)
    if found is None or not (found["tens"] or found["ones"]):
        return None
    number = 10 * bool(found["tens"]) + "一二三四五六七八九".find(found["ones"] or "-") + 1
    # The sixth began in 1981.
    first = 1951 + 5 * number
    return (first, first + 4) if number >= 6 else None


def _in_digits(text: str) -> str:
    """Years in Chinese words, “二〇一八年”, as digits."""
    return _IN_WORDS.sub(lambda found: found[0].translate(_WORD_DIGITS), text)


def _cut_at_hyphen(said: str) -> list[str]:
    """Cut “2017-3-2019-12” in the middle; leave “2017-03” and “2017-03-05” whole."""
    pieces = said.split("-")
    count = len(pieces)
    if count in (4, 6):
        return ["-".join(pieces[: count // 2]), "-".join(pieces[count // 2 :])]
    if count != 2:
        return [said]
    first, second = pieces
    bare = _bare(second).rstrip("年")
    if re.fullmatch(r"[0-9]{1,2}", bare) and re.fullmatch(_Y, first):
        month = 1 <= int(bare) <= 12
        later = len(bare) == 2 and int(bare) > int(first[2:])
        if month and later and not second.endswith("年"):
            raise Unreadable("value.ambiguous_date")
        return [said] if month and not second.endswith("年") else pieces
    return pieces


def _bare(half: str) -> str:
    return _FILLING.sub("", half.strip("()（）,，.;；"))


def _read_part(said: str) -> Part | None:
    found = _DAY.fullmatch(said)
    if found is None:
        return None
    names = found.groupdict()
    year = next(names[n] for n in ("y", "y2", "y3", "y4") if names[n])
    month = next((names[n] for n in ("m", "m2", "m3", "m4") if names[n]), None)
    day = next((names[n] for n in ("d", "d2", "d3") if names[n]), None)
    return int(year), int(month) if month else None, int(day) if day else None
