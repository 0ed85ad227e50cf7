"""Moments and spans of time as OGC API - Features and CQL2 write them.

A moment is the number of seconds since 1970 in UTC; a span is two of them,
open ends infinite.
"""

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import numpy.typing as npt

from geoplan.errors import GeoplanError
from geoplan.plan.problems import Both

Span = tuple[float, float]
DAY = 86_400.0
LAST_OF_DAY = DAY - 1e-6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OPEN = ("", "..")
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,9})?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))?)?"
)


class TimeError(GeoplanError):
    """A text is no moment or span; ``said`` has it in both languages."""

    def __init__(self, text: str) -> None:
        self.said = Both(
            f"“{text[:60]}”不是时间；请写成 2019-12-31、2019-12-31T08:00:00Z 或 "
            "2017-01-01/2019-12-31(开放端写 ..)",
            f"“{text[:60]}” is no time; write 2019-12-31, 2019-12-31T08:00:00Z or "
            "2017-01-01/2019-12-31 (an open end is ..)",
        )
        super().__init__(self.said.en)


def moment(text: str) -> tuple[float, bool]:
    """Seconds of a moment, and whether the text names a whole day.

    Raises
    ------
    TimeError
        The text is neither a day nor a time of RFC 3339.

    Examples
    --------
    >>> moment("1970-01-02"), moment("1970-01-01T08:00:01+08:00")
    ((86400.0, True), (1.0, False))
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise TimeError(text)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    sign, hours, minutes = found.group(8), int(found.group(9) or 0), int(found.group(10) or 0)
    try:
        shift = timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1)
        # A leap second has no place on this clock.
        at = datetime(year, month, day, hour, minute, 59 if second == 60 else second,
                      tzinfo=timezone(shift))  # fmt: skip
        seconds = (at - _EPOCH).total_seconds()
    except (ValueError, OverflowError) as error:
        raise TimeError(text) from error
    return seconds + float(found.group(7) or 0), found.group(4) is None


def span(text: str) -> Span:
    """The span that the parameter ``datetime`` names; a day lasts until its end.

    Raises
    ------
    TimeError
        The text is neither a moment nor two of them, the earlier first.

    Examples
    --------
    >>> span("../1970-01-01T00:00:00Z")
    (-inf, 0.0)
    """
    parts = text.split("/")
    if len(parts) > 2 or (len(parts) == 1 and text in _OPEN):
        raise TimeError(text)
    start = -math.inf if parts[0] in _OPEN else moment(parts[0])[0]
    end = math.inf if parts[-1] in _OPEN else _end(parts[-1])
    if start > end:
        raise TimeError(text)
    return start, end


def _end(text: str) -> float:
    seconds, is_day = moment(text)
    return seconds + LAST_OF_DAY if is_day else seconds


def day_span(first: date | None, last: date | None) -> Span:
    """From the beginning of one day to the end of another; open where there is none."""
    start = moment(first.isoformat())[0] if first else -math.inf
    return start, _end(last.isoformat()) if last else math.inf


def year_starts(years: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The first moment of each year; NaN for what is no year between 1 and 9999.

    Examples
    --------
    >>> year_starts(np.array([1970.0, 1971.0, 20190.0])).tolist()
    [0.0, 31536000.0, nan]
    """
    is_year = (years >= 1) & (years <= 9999) & (years == np.floor(years))
    since = np.where(is_year, years, 1970.0).astype(np.int64) - 1970
    starts = since.astype("datetime64[Y]").astype("datetime64[s]").astype(np.int64)
    return np.where(is_year, starts.astype(np.float64), np.nan)


def told(seconds: float) -> str | None:
    """A moment as RFC 3339 says it; ``None`` for an open end.

    Examples
    --------
    >>> told(0.0), told(math.inf)
    ('1970-01-01T00:00:00Z', None)
    """
    if not math.isfinite(seconds):
        return None
    found = _EPOCH + timedelta(seconds=math.floor(seconds))
    return found.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
