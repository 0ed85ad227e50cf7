"""Whether coordinates are GCJ-02 or BD-09 without saying so: measured, shown, never guessed.

Things that the file and the plan both have are compared. An undeclared datum
moves all of them by one known vector; honest scatter points everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geoplan.plan.crs import FROM_WGS84
from geoplan.plan.offsets import offsets_m
from geoplan.plan.problems import Both

Floats = npt.NDArray[np.float64]

_LEAST_SHIFT_M = 150.0
_LEAST_EXPLAINED = 0.75
_UNEXPLAINED_FROM_M = 40.0
_MOST_SCATTER = 0.35
_ENOUGH_WITNESSES = 5
# A median of n places known to a metres each is itself known to about 1.25 a/√n.
_DOUBT_OF_MEDIAN = 1.25
# Of offsets that scatter normally in two directions, half are within 1.18 deviations.
_DEVIATION_OF_SCATTER = 1 / 1.18
_PARTLY_FROM = 0.2
_PARTLY_TOGETHER = 0.75
_LEAST_PARTLY = 2
_NEAR_SHARE = 0.25


@dataclass(frozen=True)
class Witnesses:
    """The same places twice, in longitude and latitude.

    Attributes
    ----------
    found, expected :
        As the file has them, and as the plan has them; shape (n, 2).
    accuracy_m :
        How well the plan knows each.
    what :
        What they are, for people.
    labels :
        Row number or id of each in the file.
    """

    found: Floats
    expected: Floats
    accuracy_m: Floats
    what: Both
    labels: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.found)


@dataclass(frozen=True)
class Shift:
    """A coherent shift of a data set.

    Attributes
    ----------
    datum :
        The datum that explains it; empty if none does.
    east_m, north_m :
        The measured vector, the median over the witnesses.
    expected_east_m, expected_north_m :
        The vector that the datum causes here.
    explained :
        Share of the shift that the datum explains.
    residual_m :
        What is left of the shift once the datum is undone.
    scatter_m :
        How far single witnesses are from the median, half of them.
    """

    datum: str
    east_m: float
    north_m: float
    expected_east_m: float
    expected_north_m: float
    explained: float
    residual_m: float
    scatter_m: float
    count: int
    what: Both

    @property
    def size_m(self) -> float:
        """Length of the measured vector."""
        return float(np.hypot(self.east_m, self.north_m))

    def evidence(self) -> Both:
        """The measurement in a sentence."""
        vector_zh = (
            f"向东 {self.east_m:+.0f} 米、向北 {self.north_m:+.0f} 米(共 {self.size_m:.0f} 米)"
        )
        vector_en = f"{self.east_m:+.0f} m east, {self.north_m:+.0f} m north ({self.size_m:.0f} m)"
        if not self.datum:
            return Both(
                f"与计划中 {self.count} 个{self.what.zh}相比{vector_zh}，离散 {self.scatter_m:.0f} 米",
                f"{vector_en} against {self.count} {self.what.en} of the plan, scatter {self.scatter_m:.0f} m",
            )
        return Both(
            f"与计划中 {self.count} 个{self.what.zh}相比，整体{vector_zh}；{self.datum} 在此地应偏 "
            f"{self.expected_east_m:+.0f}、{self.expected_north_m:+.0f} 米，可解释 {self.explained:.0%}，"
            f"改正后残差 {self.residual_m:.0f} 米，离散 {self.scatter_m:.0f} 米",
            f"against {self.count} {self.what.en} of the plan all is {vector_en} off; {self.datum} shifts "
            f"by {self.expected_east_m:+.0f} m and {self.expected_north_m:+.0f} m here, which explains "
            f"{self.explained:.0%}; {self.residual_m:.0f} m remain, scatter {self.scatter_m:.0f} m",
        )


def measure(witnesses: Witnesses) -> Shift | None:
    """The coherent shift of the witnesses, if there is one.

    The median vector is judged, not single offsets: known to 200 m each, some
    witnesses still give a vector of 500 m well.
    """
    if not len(witnesses):
        return None
    offset = offsets_m(witnesses.found, witnesses.expected)
    middle = np.median(offset, axis=0)
    size = float(np.hypot(*middle))
    scatter = float(np.median(np.hypot(*(offset - middle).T)))
    is_coherent = scatter <= _MOST_SCATTER * size
    doubt = _DOUBT_OF_MEDIAN * float(np.median(witnesses.accuracy_m)) / np.sqrt(len(witnesses))
    if is_coherent and len(witnesses) >= _ENOUGH_WITNESSES:
        # However roughly the plan knows them: they differ from the file all alike.
        spread = _DEVIATION_OF_SCATTER * scatter
        doubt = min(doubt, _DOUBT_OF_MEDIAN * spread / np.sqrt(len(witnesses)))
    if size >= max(_LEAST_SHIFT_M, 1.5 * doubt):
        expected = _expected(witnesses.expected)
        datum = min(expected, key=lambda name: float(np.hypot(*(middle - expected[name]))))
        residual = float(np.hypot(*(middle - expected[datum])))
        explained = 1.0 - residual / size
        if explained >= _LEAST_EXPLAINED or residual < doubt < 0.5 * size:
            east, north = (float(part) for part in expected[datum])
            return Shift(
                datum, float(middle[0]), float(middle[1]), east, north, explained, residual, scatter,
                len(witnesses), witnesses.what,
            )  # fmt: skip
    is_plain = len(witnesses) >= 3 and is_coherent and size > 2.0 * doubt
    if size >= _UNEXPLAINED_FROM_M and is_plain:
        return Shift(
            "", float(middle[0]), float(middle[1]), 0.0, 0.0, 0.0, size, scatter, len(witnesses),
            witnesses.what,
        )  # fmt: skip
    return None


@dataclass(frozen=True)
class Part:
    """Witnesses of which some are shifted by a datum, and others are where they belong."""

    datum: str
    shifted: npt.NDArray[np.bool_]
    in_place: int


def partly_shifted(witnesses: Witnesses) -> Part | None:
    """The datum that shifts some of the witnesses while others are in their place, if one does."""
    from_place = np.hypot(*offsets_m(witnesses.found, witnesses.expected).T)
    least = max(_LEAST_PARTLY, _PARTLY_FROM * len(witnesses))
    for datum, transform in FROM_WGS84.items():
        there = np.column_stack(transform(*witnesses.expected.T))
        size = np.hypot(*offsets_m(there, witnesses.expected).T)
        shifted = np.hypot(*offsets_m(witnesses.found, there).T) <= _NEAR_SHARE * size
        in_place = from_place <= _NEAR_SHARE * size
        counts = int(shifted.sum()), int(in_place.sum())
        if min(counts) >= least and sum(counts) >= _PARTLY_TOGETHER * len(witnesses):
            return Part(datum, shifted, counts[1])
    return None


def hinted(witnesses: Witnesses) -> Shift | None:
    """The datum that witnesses too few or too roughly known to prove it speak for, if one."""
    exact = Witnesses(witnesses.found, witnesses.expected, np.zeros(len(witnesses)), witnesses.what)
    shift = measure(exact)
    is_coherent = shift is not None and shift.scatter_m <= _MOST_SCATTER * shift.size_m
    return shift if shift is not None and shift.datum and is_coherent else None


def is_undecided(witnesses: Witnesses) -> bool:
    """Whether the witnesses are off by more than nothing, and a datum's shift would not show."""
    offset = offsets_m(witnesses.found, witnesses.expected)
    if float(np.median(np.hypot(*offset.T))) < _LEAST_SHIFT_M:
        return False
    doubt = _DOUBT_OF_MEDIAN * float(np.median(witnesses.accuracy_m)) / np.sqrt(len(witnesses))
    sizes = [float(np.hypot(*shift)) for shift in _expected(witnesses.expected).values()]
    return bool(1.5 * doubt > min(sizes))


def _expected(points: Floats) -> Mapping[str, Floats]:
    """Datum → the vector in metres by which it would shift these places."""
    shifts = {}
    for datum, transform in FROM_WGS84.items():
        moved = np.column_stack(transform(points[:, 0], points[:, 1]))
        shifts[datum] = np.median(offsets_m(moved, points), axis=0)
    return shifts


def joined(parts: Sequence[Witnesses]) -> Witnesses | None:
    """The best known of several kinds of witnesses: those of the finest accuracy class."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return None
    return min(filled, key=lambda part: float(np.median(part.accuracy_m)) / np.sqrt(len(part)))
