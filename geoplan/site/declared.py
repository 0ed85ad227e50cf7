"""What a criterion that a brief declares has in common, whatever it measures.

Its own file, its name in sentences, and draws in which the whole layer is off by
one and the same part of its accuracy.
"""

import zlib
from collections.abc import Iterator
from pathlib import PurePath

import numpy as np
import numpy.typing as npt
import pandas as pd

from geoplan.plan.problems import Both
from geoplan.site.conditions import ConditionError, holds, parse
from geoplan.site.entries import BriefError, Fault
from geoplan.site.measuring import Measured, Sentence, Setting
from geoplan.site.owndata import OwnData
from geoplan.site.ownfiles import read_own
from geoplan.site.question import OwnCriterion
from geoplan.site.rasters import SUFFIXES
from geoplan.site.sentences import amount, metres

_Floats = npt.NDArray[np.float64]
_Mask = npt.NDArray[np.bool_]
_Geometries = npt.NDArray[np.object_]


def is_raster(own: OwnCriterion) -> bool:
    """Whether a criterion looks at a raster."""
    return PurePath(own.file).suffix.lower() in SUFFIXES


def data_of(own: OwnCriterion, at: Setting) -> OwnData:
    """The file of a criterion, and what the brief says of it."""
    return OwnData(
        brief=at.brief.file,
        field=f"criteria.{own.id}.{'file' if own.file else 'features'}",
        folder=at.brief.folder,
        file=own.file,
        features=own.features,
        layer=own.layer,
        crs=own.crs,
        datum=own.datum,
    )


def complaint(own: OwnCriterion, at: Setting, entry: str, said: Both) -> BriefError:
    """An error about an entry of a criterion."""
    return BriefError(at.brief.file, [Fault(f"criteria.{own.id}.{entry}", said)])


def own_frame(
    own: OwnCriterion, at: Setting, kinds: tuple[str, ...]
) -> tuple[pd.DataFrame, _Geometries, _Mask]:
    """Attributes and geometries of an own file, and which features are surely meant."""
    frame = read_own(data_of(own, at), at.plan, kinds, every=False)
    attributes = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    met = pd.Series(True, index=frame.index, dtype="boolean")
    if own.where:
        try:
            met = holds(parse(own.where), attributes)
        except ConditionError as error:
            raise complaint(own, at, "where", error.said) from None
    maybe = met.fillna(True).to_numpy(dtype=bool)
    sure = met.fillna(False).to_numpy(dtype=bool)[maybe]
    return attributes[maybe], frame.geometry.to_numpy()[maybe], sure


def _shaken(own: OwnCriterion, at: Setting, best: _Floats, low: _Floats, high: _Floats) -> _Floats:
    """The measure at each draw: the whole layer is off by one part of what it may be off."""
    rng = np.random.default_rng([at.seed, zlib.crc32(own.id.encode())])
    off = rng.uniform(-1.0, 1.0, at.n_draws)
    up, down = np.maximum(off, 0.0), np.maximum(-off, 0.0)
    drawn: _Floats = best[:, None] + np.outer(high - best, up) - np.outer(best - low, down)
    return drawn


def finished(
    own: OwnCriterion,
    at: Setting,
    best: _Floats,
    low: _Floats,
    high: _Floats,
    at_positions: _Floats | None = None,
) -> Measured:
    """A measure with its draws and its sentences; ``at_positions`` for sites that are somewhere."""
    best = np.where(np.isfinite(best), best, np.nan)
    low, high = np.fmin(low, best), np.fmax(high, best)
    draws = None
    if at.n_draws:
        draws = _shaken(own, at, best, low, high)
        if at_positions is not None:
            moved = np.where(np.isfinite(at_positions), at_positions, best[:, None])
            draws = np.where(at.own[:, None], draws, moved)
    sentences = sentences_of(own, at, best, low, high) if at.explain else ()
    return Measured.of(at.sites.index, best, low, high, sentences, draws)


def sentences_of(
    own: OwnCriterion, at: Setting, best: _Floats, low: _Floats, high: _Floats
) -> Iterator[Sentence]:
    """What was measured, for each site of which anything is known."""
    zh = own.name_zh or own.name_en or own.id
    en = own.name_en or zh
    for row in np.flatnonzero(np.isfinite(best)):
        ends = float(best[row]), float(low[row]), float(high[row])
        if own.measure == "distance_m":
            far = metres(*ends)
            yield Sentence(
                at.ids[row], f"{zh}：直线 {far.zh}", f"{en}: {far.en} in a straight line"
            )
            continue
        if own.measure == "share_covered":
            ends = ends[0] * 100, ends[1] * 100, ends[2] * 100
        unit = "%" if own.measure == "share_covered" else own.unit
        much = amount(*ends, Both(unit, unit))
        yield Sentence(at.ids[row], f"{zh}：{much.zh}", f"{en}: {much.en}")
