"""Which sector the plan puts where, and whether each project is where the plan wants it.

Four ways in which a plan places a sector in a district are told apart, from
the strongest: ``read`` (the district stands in the sector's 重点区域),
``inherited`` (it stands in a merged cell above), ``points`` (the layout gives
the district the sector), ``wing`` (the layout gives the sector to a wing that
has a platform in the district).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import pandas as pd

from geoplan.errors import QuestionError
from geoplan.place.locate import locate
from geoplan.plan.disagreements import wing_districts
from geoplan.plan.ledger import subject_names
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both

_NOTHING_SAID = pd.DataFrame(
    columns=["sector_id", "segment_id", "district_code", "role", "table", "row"]
)

Role = Literal["read", "inherited", "points", "wing"]
ROLES: tuple[Role, ...] = ("read", "inherited", "points", "wing")
ROLE_NAMES = {
    "read": Both("重点区域", "key district"),
    "inherited": Both("重点区域(承上合并单元格)", "key district (inherited from a merged cell)"),
    "points": Both("多点布局", "placed by the layout"),
    "wing": Both("所在翼的产业", "sector of its wing"),
}

Verdict = Literal["wanted", "tolerated", "against", "silent"]
VERDICTS: tuple[Verdict, ...] = ("wanted", "tolerated", "against", "silent")
VERDICT_NAMES = {
    "wanted": Both("符合布局", "where the plan wants it"),
    "tolerated": Both("可以接受", "tolerated"),
    "against": Both("与布局不符", "against the layout"),
    "silent": Both("规划未言", "the plan is silent"),
}

_CITED = ("source_id", "locus", "quote", "basis")
PLACEMENT_COLUMNS = (
    "plan_id",
    "sector_id",
    "segment_id",
    "district_code",
    "role",
    "basis",
    "table",
    "row",
    "locus",
    "quote",
    "note",
)


def placement(plan: Plan, sector: str = "") -> pd.DataFrame:
    """The plan's placement of sectors in districts: one row a statement.

    Parameters
    ----------
    sector :
        Only this sector; all if empty.

    Returns
    -------
    DataFrame
        Columns :data:`PLACEMENT_COLUMNS`; ``table`` and ``row`` name the row of
        the plan the statement was read in.

    Raises
    ------
    QuestionError
        There is no such sector.
    """
    sectors = plan.tables["sectors"].dropna(subset=["id"]).drop_duplicates("id")
    if sector and sector not in set(sectors["id"]):
        raise QuestionError(
            f"there is no sector “{sector}”; choose one of {', '.join(sectors['id'])}"
        )
    frame = pd.DataFrame(_statements(plan), columns=list(PLACEMENT_COLUMNS[1:]))
    frame.insert(
        0,
        "plan_id",
        frame["sector_id"].map(dict(zip(sectors["id"], sectors["plan_id"], strict=True))),
    )
    chosen = frame[frame["sector_id"] == sector] if sector else frame
    return chosen.reset_index(drop=True)


def _statements(plan: Plan) -> Iterator[tuple[Any, ...]]:
    areas = plan.tables["sector_areas"].dropna(subset=["sector_id", "district_code"])
    for row, area in areas.iterrows():
        role = "inherited" if area["basis"] == "inherited" else "read"
        yield (
            area["sector_id"], area["segment_id"], area["district_code"], role, area["basis"],
            "sector_areas", row, area["locus"], area["quote"], area["note"],
        )  # fmt: skip
    wings = wing_districts(plan)
    layout = plan.tables["layout"].dropna(subset=["sector_id", "wing_id"])
    for row, rule in layout.iterrows():
        direct = isinstance(rule["district_code"], str)
        districts = [rule["district_code"]] if direct else wings.get(str(rule["wing_id"]), [])
        for code in districts:
            yield (
                rule["sector_id"], rule["segment_id"], code, "points" if direct else "wing",
                rule["sector_basis"] if isinstance(rule["sector_basis"], str) else rule["basis"],
                "layout", row, rule["locus"], rule["quote"], rule["note"],
            )  # fmt: skip


def matrix(plan: Plan, plan_id: str = "") -> pd.DataFrame:
    """Sector × district: the strongest role of each pair, with platforms and firms counted.

    Returns
    -------
    DataFrame
        One row for each pair that the plan speaks of: ``sector_id``,
        ``district_code``, ``role``, ``statements``, ``platforms``, ``firms``
        (located in the district and named for the sector).
    """
    said = placement(plan)
    if plan_id:
        said = said[said["plan_id"] == plan_id]
    order = {role: rank for rank, role in enumerate(ROLES)}
    ranked = said.assign(rank=said["role"].map(order)).sort_values("rank", kind="stable")
    groups = ranked.groupby(["sector_id", "district_code"], sort=True)
    table = groups.agg(role=("role", "first"), statements=("role", "size")).reset_index()
    counts = {
        "platforms": _count(plan, "platform_sectors", "platform_id", "platforms"),
        "firms": _count(plan, "sector_firms", "enterprise_id", "enterprises"),
    }
    pairs = list(zip(table["sector_id"], table["district_code"], strict=True))
    for name, counted in counts.items():
        table[name] = [counted.get(pair, 0) for pair in pairs]
    return table


def _count(plan: Plan, table: str, column: str, kind: str) -> dict[tuple[str, str], int]:
    named = plan.tables[table].dropna(subset=["sector_id", column])
    named = named[["sector_id", column]].drop_duplicates()
    codes = locate(plan, kind)["district_code"].to_dict()
    named = named.assign(code=[codes.get(key) for key in named[column]]).dropna(subset=["code"])
    found: dict[tuple[str, str], int] = {}
    for pair in zip(named["sector_id"], named["code"], strict=True):
        found[pair] = found.get(pair, 0) + 1
    return found


@dataclass(frozen=True)
class _Reason:
    verdict: Verdict
    why: Both
    table: str
    row: int


def conformity(plan: Plan) -> pd.DataFrame:
    """Whether each project is where the plan wants its sector, with the sentence.

    A project's own platform counts first: where a plan names the platform for
    the project's sector, the project is ``wanted`` there. Otherwise, for its own
    sector where its plan places that, else through the crosswalk: its district
    among the 重点区域 of the target segment (``wanted``), of another segment of that sector, or in the layout
    (``tolerated``), or of neither (``against``). Without a counterpart, a
    platform or a district the plan is ``silent``.

    Returns
    -------
    DataFrame
        On the project's id: ``verdict``, ``reason_zh``, ``reason_en``,
        ``sector_id`` judged, ``district_code``, and the citation (``table``,
        ``row``, ``source_id``, ``locus``, ``quote``, ``basis``). A project that
        the crosswalk splits is judged by its largest part.
    """
    cases = _cases(plan)
    book = _Book.of(plan)
    kinds = cases.drop(columns="link_row").astype(object).where(cases.notna(), None)
    number, distinct = pd.factorize(pd.Series(list(kinds.itertuples(index=False, name=None))))
    judged = [_judge(book, dict(zip(kinds.columns, case, strict=True))) for case in distinct]
    rows = []
    for which, link_row in zip(number, cases["link_row"], strict=True):
        found = judged[which]
        table, row = found.table, found.row
        if not table and link_row:
            table, row = "sector_links", int(link_row)
        rows.append((found.verdict, found.why.zh, found.why.en, table, row))
    columns = ["verdict", "reason_zh", "reason_en", "table", "row"]
    result = pd.DataFrame(rows, columns=columns, index=cases.index)
    result.insert(3, "sector_id", cases["to_sector_id"])
    result.insert(4, "district_code", cases["district_code"])
    return result.join(_citations(plan, result))


def _cases(plan: Plan) -> pd.DataFrame:
    """What a verdict depends on, one row a project."""
    projects = plan.tables["projects"].dropna(subset=["id", "sector_id"]).drop_duplicates("id")
    projects = projects.set_index("id")
    links = plan.tables["sector_links"].dropna(subset=["project_id"])
    links = links.sort_values("share", ascending=False, kind="stable").drop_duplicates("project_id")
    links = links.assign(link_row=links.index).set_index("project_id").reindex(projects.index)
    placed = set(placement(plan)["sector_id"])
    # The project's own plan may place its sector: then no crosswalk is needed.
    own = projects["sector_id"].isin(placed)
    return pd.DataFrame(
        {
            "platform_id": projects["platform_id"],
            "platform_basis": projects["platform_basis"],
            "own_sector_id": projects["sector_id"],
            "to_sector_id": links["to_sector_id"].mask(own, projects["sector_id"]),
            "to_segment_id": links["to_segment_id"].mask(own),
            "district_code": locate(plan, "projects")["district_code"].reindex(projects.index),
            "link_row": links["link_row"].mask(own).fillna(0).astype("int64"),
        }
    )


def _citations(plan: Plan, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Source, heading, quote and basis of the row that each verdict rests on."""
    cited = pd.DataFrame(None, index=verdicts.index, columns=list(_CITED), dtype=object)
    for table, own in verdicts[verdicts["table"] != ""].groupby("table"):
        rows = plan.tables[str(table)].loc[own["row"], list(_CITED)].astype(object)
        cited.loc[own.index] = rows.set_axis(own.index)
    return cited


@dataclass(frozen=True)
class _Book:
    """What the plan says, looked up by what a case is made of."""

    names: Mapping[tuple[str, str], tuple[str, str]]
    platform_rows: Mapping[tuple[str, str], int]
    by_sector: Mapping[str, pd.DataFrame]
    by_pair: Mapping[tuple[str, str], pd.DataFrame]

    @classmethod
    def of(cls, plan: Plan) -> Self:
        said = placement(plan)
        named = plan.tables["platform_sectors"].dropna(subset=["platform_id", "sector_id"])
        named = named.drop_duplicates(["platform_id", "sector_id"])
        pairs = zip(named["platform_id"], named["sector_id"], strict=True)
        return cls(
            subject_names(plan),
            dict(zip(pairs, named.index.tolist(), strict=True)),
            {str(sector): own for sector, own in said.groupby("sector_id")},
            {(str(s), str(c)): own for (s, c), own in said.groupby(["sector_id", "district_code"])},
        )

    def name(self, kind: str, key: str) -> Both:
        """The name of a subject in both languages."""
        return Both(*self.names.get((kind, key), (key, key)))


def _judge(book: _Book, case: Mapping[str, Any]) -> _Reason:
    return _by_platform(book, case) or _by_district(book, case)


def _by_platform(book: _Book, case: Mapping[str, Any]) -> _Reason | None:
    row = book.platform_rows.get((case["platform_id"], case["own_sector_id"]))
    if row is None:
        return None
    platform = book.name("platforms", case["platform_id"])
    basis = case["platform_basis"]
    doubt = (
        Both("", "")
        if basis == "read"
        else Both("(项目所在平台系推断)", " (the project's platform is inferred)")
    )
    why = Both(
        f"规划以{platform.zh}承载该产业{doubt.zh}",
        f"the plan names {platform.en} for this sector{doubt.en}",
    )
    return _Reason("wanted", why, "platform_sectors", row)


def _by_district(book: _Book, case: Mapping[str, Any]) -> _Reason:
    target, code, segment = case["to_sector_id"], case["district_code"], case["to_segment_id"]
    if target is None:
        return _silent(Both("在对照规划中没有对应产业", "no counterpart in the other taxonomy"))
    if code is None:
        return _silent(Both("不知在哪个区县", "its district is not known"))
    sector = book.by_sector.get(target, _NOTHING_SAID)
    what, where = book.name("sectors", target), book.name("districts", code)
    here = book.by_pair.get((target, code), _NOTHING_SAID)
    key = here[here["role"].isin(["read", "inherited"])]
    if segment is not None:
        exact = key[key["segment_id"].isna() | (key["segment_id"] == segment)]
    else:
        exact = key
    if len(exact):
        why = Both(f"{where.zh}是{what.zh}的重点区域", f"{where.en} is a key district of {what.en}")
        return _Reason("wanted", why, str(exact["table"].iloc[0]), int(exact["row"].iloc[0]))
    if len(here):
        why = Both(
            f"{where.zh}不在该细分的重点区域，但属于{what.zh}的布局",
            f"{where.en} is no key district of this segment but {what.en} is placed there",
        )
        return _Reason("tolerated", why, str(here["table"].iloc[0]), int(here["row"].iloc[0]))
    if len(sector):
        why = Both(
            f"{what.zh}的重点区域和布局都没有{where.zh}",
            f"neither the key districts nor the layout of {what.en} name {where.en}",
        )
        return _Reason("against", why, str(sector["table"].iloc[0]), int(sector["row"].iloc[0]))
    return _silent(Both(f"规划没有为{what.zh}指定区域", f"the plan names no place for {what.en}"))


def _silent(why: Both) -> _Reason:
    """A verdict that rests on the crosswalk's own row, where there is one."""
    return _Reason("silent", why, "", 0)
