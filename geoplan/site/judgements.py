"""Paired comparisons: reading them, joining judges, and the random index to judge them by."""

import unicodedata
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from geoplan.errors import QuestionError

_SAATY_1980 = (0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)

RANDOM_INDEX: Mapping[str, tuple[float, ...]] = {
    "saaty": (0, 0, 0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59),
    "saaty_1977": _SAATY_1980,
    "saaty_1980": _SAATY_1980,
    "alonso_lamata": (
        *(0, 0, 0.5245, 0.8815, 1.1086, 1.2479, 1.3417, 1.4056, 1.4499),
        *(1.4854, 1.5141, 1.5365, 1.5551, 1.5713, 1.5838),
    ),
}
"""Mean consistency index of random judgements of 1, 2, … criteria, by published table.

``saaty``: Saaty and Vargas (2013), as in Saaty (2008). ``saaty_1980``: Saaty
(1977, 1980). ``alonso_lamata``: Alonso and Lamata (2006), 100,000 matrices each.
"""

_ROUNDED = 0.05
"""Reciprocals may be written with two digits: 0.14 for a seventh."""

_Floats = npt.NDArray[np.float64]


def random_index_of(given: str | float, n: int) -> tuple[float, str]:
    """Random index for a number of criteria, and the name of its table.

    Parameters
    ----------
    given :
        Name of a table in :data:`RANDOM_INDEX`, or the random index itself.
    n :
        Number of criteria.

    Raises
    ------
    QuestionError
        If there is no such table, it has no such row, or the number is negative
        or not finite.
    """
    if not isinstance(given, str):
        if not (np.isfinite(given) and given >= 0):
            raise QuestionError(f"the random index {given!r} must be a finite number of 0 or more")
        return float(given), "given"
    if given not in RANDOM_INDEX:
        raise QuestionError(
            f"“{given}” is no table of random indices; use one of {', '.join(RANDOM_INDEX)}, "
            "or give the number"
        )
    table = RANDOM_INDEX[given]
    if n > len(table):
        raise QuestionError(
            f"the table “{given}” ends at {len(table)} criteria, here are {n}; "
            "group the criteria, or give the random index as a number"
        )
    return float(table[n - 1]), given


def joined(judgements: Any, names: Sequence[str]) -> _Floats:
    """One matrix of judgements with exact reciprocals, from one or several judges.

    Parameters
    ----------
    judgements, names :
        As for :func:`geoplan.site.weights.ahp`.

    Returns
    -------
    matrix :
        Geometric mean of the judges, shape (n, n).

    Raises
    ------
    QuestionError
        If a matrix is not square on the names, a judgement is not a number above
        0, a diagonal is not 1, or reciprocals disagree.
    """
    if not names or len({*names}) < len(names):
        raise QuestionError("paired comparisons need criteria, each named once")
    judges = [judgements]
    try:
        nested = not isinstance(judgements[0][0], str) and np.ndim(judgements[0][0]) > 0
        if nested:
            judges = [*judgements]
        cells = [[[*row] for row in judge] for judge in judges]
    except (TypeError, IndexError, KeyError) as error:
        raise QuestionError("judgements must be a square matrix, or one for each judge") from error
    n = len(names)
    if any(len(judge) != n or any(len(row) != n for row in judge) for judge in cells):
        raise QuestionError(f"{n} criteria need {n} rows of {n} judgements from each judge")

    faults: list[str] = []
    matrices = np.ones((len(cells), n, n))
    for k, i, j in np.ndindex(*matrices.shape):
        number = _number(cells[k][i][j])
        pair = f"judge {k + 1}, “{names[i]}” against “{names[j]}”"
        if number is None:
            faults.append(f"{pair}: {cells[k][i][j]!r} is no number above 0")
        elif i == j and number != 1:
            faults.append(f"{pair}: {number:g} must be 1")
        else:
            matrices[k, i, j] = number
    if not faults:
        product = matrices * matrices.transpose(0, 2, 1)
        for k, i, j in np.argwhere(np.triu(np.abs(product - 1) > _ROUNDED, 1)):
            faults.append(
                f"judge {k + 1}, “{names[i]}” against “{names[j]}”: {matrices[k, i, j]:g} and "
                f"{matrices[k, j, i]:g} are not reciprocal"
            )
    if faults:
        raise QuestionError("; ".join(faults))
    turned = matrices.transpose(0, 2, 1)
    # Of two reciprocals people judge the greater; the smaller is what gets rounded.
    matrices = np.where(matrices >= turned, matrices, 1 / turned)
    if len(matrices) == 1:
        return np.asarray(matrices[0], dtype=np.float64)
    return np.asarray(np.exp(np.log(matrices).mean(axis=0)), dtype=np.float64)


def _number(given: Any) -> float | None:
    try:
        if isinstance(given, str):
            number = float(Fraction(unicodedata.normalize("NFKC", given).replace("⁄", "/")))
        else:
            number = float(given)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if np.isfinite(number) and number > 0 else None
