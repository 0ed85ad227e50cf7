"""Which sectors of other plans say the same as the one that is asked for, and how surely."""

import re
from dataclasses import dataclass
from functools import lru_cache

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.statements import records, text
from geoplan.site.sentences import book_of

_BRACKETED = re.compile(r"[（(].*?[）)]")


@dataclass(frozen=True)
class Counterpart:
    """A sector whose statements count for the sector asked for.

    Attributes
    ----------
    sector_id :
        The sector asked for itself, or one that the crosswalk joins to it.
    own_segment, segment_id :
        The segment of the sector asked for, and of that sector, to which the
        crosswalk limits itself; empty for the whole.
    share :
        Share of that sector that belongs to the sector asked for.
    row :
        Row of the crosswalk; 0 for the sector itself.
    asked :
        The sector asked for.
    """

    sector_id: str
    own_segment: str = ""
    segment_id: str = ""
    share: float = 1.0
    row: int = 0
    asked: str = ""

    @property
    def itself(self) -> bool:
        """Whether it is the sector asked for, not another."""
        return self.row == 0


@lru_cache(maxsize=64)
def counterparts(plan: Plan, sector: str) -> tuple[Counterpart, ...]:
    """The sector itself, then those of other taxonomies that the crosswalk joins to it.

    A row of the crosswalk is read in both directions, for want of a share in the
    other one. Rows for single projects join no sectors.
    """
    if not sector:
        return ()
    found = [Counterpart(sector, asked=sector)]
    links = plan.tables["sector_links"].dropna(subset=["from_sector_id", "to_sector_id", "share"])
    for row, link in records(links[links["project_id"].isna() & (links["share"] > 0)]):
        source, target = text(link["from_sector_id"]), text(link["to_sector_id"])
        segment, share = text(link["to_segment_id"]), float(link["share"])
        if target == sector:
            found.append(Counterpart(source, segment, "", share, int(str(row)), sector))
        elif source == sector:
            found.append(Counterpart(target, "", segment, share, int(str(row)), sector))
    return tuple(found)


def other_segment(plan: Plan, counterpart: Counterpart, asked: str, said: str) -> bool:
    """Whether a statement about a segment is about another than the one asked for.

    Parameters
    ----------
    asked :
        Segment of the sector asked for; empty if none was asked for, and then no
        statement is about another.
    said :
        Segment of the counterpart that the statement is about; empty for the whole.

    Notes
    -----
    Segments of two taxonomies are the same where the crosswalk says so, else
    where the name of one holds that of the other.
    """
    if counterpart.segment_id and said and said != counterpart.segment_id:
        return True
    if not asked:
        return False
    if counterpart.itself:
        return bool(said) and said != asked
    if counterpart.own_segment and counterpart.own_segment != asked:
        return True
    if not said or counterpart.own_segment or counterpart.segment_id:
        return False
    names = book_of(plan)
    first, second = (
        _BRACKETED.sub("", names.name("segments", key).zh) for key in (asked, said)
    )  # fmt: skip
    return not (first in second or second in first)


def crossed(plan: Plan, counterpart: Counterpart) -> Both:
    """What is said of a statement that counts by the crosswalk."""
    asked = book_of(plan).name("sectors", counterpart.asked)
    return Both(
        f"按产业对照属{asked.zh}，系推断", f"by the crosswalk part of {asked.en}, which is inferred"
    )


def called(plan: Plan, sector: str, segment: str = "") -> Both:
    """The name of a sector, with its segment in brackets."""
    book = book_of(plan)
    name = book.name("sectors", sector)
    if not segment:
        return name
    part = book.name("segments", segment)
    if part.zh == name.zh:
        return name
    return Both(f"{name.zh}（{part.zh}）", f"{name.en} ({part.en})")
