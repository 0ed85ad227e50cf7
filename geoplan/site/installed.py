"""The criteria that are installed: built in, or added by other packages, and run with care.

An installed package adds criteria by an entry point of the group
:data:`EXTENSIONS` that names a module, or a function in it, with decorated
functions::

    [project.entry-points."geoplan.criteria"]
    my_bureau = "my_bureau.criteria"
"""

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points

import numpy as np
import pandas as pd

from geoplan.errors import GeoplanError
from geoplan.plan.problems import Both
from geoplan.site import fitting, gathering, layout, naming, nearness
from geoplan.site.measuring import (
    EVIDENCE_COLUMNS,
    REGISTRY,
    Criterion,
    CriterionError,
    Measured,
    Setting,
)

EXTENSIONS = "geoplan.criteria"
BUILT_IN = (naming, layout, fitting, gathering, nearness)
"""The modules whose criteria come with geoplan."""


def registered() -> Mapping[str, Criterion]:
    """All criteria that are installed, by id.

    Raises
    ------
    CriterionError
        An installed package's criteria cannot be loaded, or take an id that is
        taken; the message names the package.
    """
    for entry in entry_points(group=EXTENSIONS):
        _load(entry)
    return dict(REGISTRY)


def _load(entry: EntryPoint) -> None:
    package = entry.dist.name if entry.dist is not None else "?"
    before = dict(REGISTRY)
    try:
        entry.load()
    except CriterionError as error:
        REGISTRY.clear()
        REGISTRY.update(before)
        raise CriterionError(
            *(
                Both(f"软件包 {package}：{said.zh}", f"package {package}: {said.en}")
                for said in error.problems
            )
        ) from error
    # Whatever goes wrong in somebody else's module is told as that module's fault.
    except Exception as error:
        REGISTRY.clear()
        REGISTRY.update(before)
        reason = f"{type(error).__name__}: {error}"
        raise CriterionError(
            Both(
                f"软件包 {package} 的准则“{entry.name}”({entry.value})无法加载：{reason}；"
                "请修复或卸载该软件包。",
                f"the criteria “{entry.name}” ({entry.value}) of the package {package} cannot be "
                f"loaded: {reason}; repair or uninstall the package.",
            )
        ) from error


def measured(at: Setting, one: Criterion) -> Measured:
    """What a criterion finds, if that can be used.

    Raises
    ------
    CriterionError
        A criterion of another package fails, or what it returns does not fit the sites.
    """
    try:
        found = one.measure(at)
    except GeoplanError:
        raise
    except Exception as error:
        if one.measure.__module__.partition(".")[0] == __package__.partition(".")[0]:
            raise
        reason = f"{type(error).__name__}: {error}"
        raise CriterionError(
            Both(
                f"准则“{one.id}”出错：{reason}；请联系其作者。",
                f"the criterion “{one.id}” fails: {reason}; ask its author.",
            )
        ) from error
    wrong = "; ".join(_misfits(at, found))
    if wrong:
        raise CriterionError(
            Both(
                f"准则“{one.id}”的结果不可用：{wrong}；请联系其作者。",
                f"what the criterion “{one.id}” found cannot be used: {wrong}; ask its author.",
            )
        )
    return found


def _misfits(at: Setting, found: Measured) -> Iterator[str]:
    """What is wrong with a result."""
    ends = {"best": found.best, "low": found.low, "high": found.high}
    off = [name for name, end in ends.items() if not end.index.equals(at.sites.index)]
    if off:
        yield f"{', '.join(off)} not on the candidates' index"
        return
    low, best, high = (
        pd.to_numeric(end, errors="coerce").to_numpy(dtype=np.float64)
        for end in (found.low, found.best, found.high)
    )
    known = np.isfinite(best)
    with np.errstate(invalid="ignore"):
        if not ((low <= best) & (best <= high))[known].all():
            yield "not low ≤ best ≤ high"
    if not set(EVIDENCE_COLUMNS) <= set(found.evidence.columns):
        yield f"evidence without the columns {', '.join(EVIDENCE_COLUMNS)}"
    if found.draws is not None and found.draws.shape != (len(at.sites), at.n_draws):
        yield f"draws of shape {found.draws.shape}, not {(len(at.sites), at.n_draws)}"
