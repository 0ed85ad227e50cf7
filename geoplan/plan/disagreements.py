"""Where the plans disagree about places and names.

The companion of :mod:`geoplan.plan.conflicts`, which compares figures.
"""

from collections.abc import Iterator, Mapping

import pandas as pd

from geoplan.plan.conflicts import NUMBER_RULES, Conflict, Rule, found_by, named, rows_of, same
from geoplan.plan.ledger import plan_of_sources, subject_names
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.plan.relations import boundaries_day, codes, day_of
from geoplan.schema import VOCABULARIES

_TEXT_ROLES = ("relied_on", "named", "core", "leader")
_TABLE_ROLES = ("key",)
_OTHER_NAMES = ("variant", "inferred", "bracketed")
_DISTRICT_SUFFIXES = "区县市"

Names = Mapping[tuple[str, str], tuple[str, str]]


def _joined(parts: list[Both]) -> Both:
    return Both("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))


def wing_districts(plan: Plan) -> dict[str, list[str]]:
    """The codes of the districts in which each wing's platforms lie."""
    platforms = plan.tables["platforms"].dropna(subset=["wing_id", "district_code"])
    return {
        str(wing): sorted(set(codes))
        for wing, codes in platforms.groupby("wing_id")["district_code"]
    }


def layout_and_areas(plan: Plan) -> Iterator[Conflict]:
    """A sector placed in a district by the layout but not by its 重点区域, or the other way."""
    names = subject_names(plan)
    areas = plan.tables["sector_areas"].dropna(subset=["sector_id", "district_code"])
    layout = plan.tables["layout"].dropna(subset=["sector_id", "district_code"])
    sectors_with_areas = set(areas["sector_id"])
    wanted = set(zip(areas["sector_id"], areas["district_code"], strict=True))
    placed = set(zip(layout["sector_id"], layout["district_code"], strict=True))
    for row, rule in layout[layout["sector_id"].isin(sectors_with_areas)].iterrows():
        sector, district = str(rule["sector_id"]), str(rule["district_code"])
        if (sector, district) in wanted:
            continue
        where, what = named(names, "districts", district), named(names, "sectors", sector)
        listed = areas[areas["sector_id"] == sector]
        others = [
            named(names, "districts", code) for code in dict.fromkeys(listed["district_code"])
        ]
        yield Conflict(
            "layout_and_areas",
            "tension",
            Both(
                f"布局让{where.zh}发展{what.zh}，但该产业的重点区域没有{where.zh}",
                f"The layout gives {what.en} to {where.en}, which is not among its key districts",
            ),
            Both(f"重点区域：{_joined(others).zh}", f"key districts: {_joined(others).en}"),
            (("layout", int(str(row))), *rows_of(listed, "sector_areas")),
            (("districts", district), ("sectors", sector)),
        )
    for district in dict.fromkeys(layout["district_code"]):
        own = layout[layout["district_code"] == district]
        extra = [
            s
            for s, d in dict.fromkeys(zip(areas["sector_id"], areas["district_code"], strict=True))
            if d == district and (s, d) not in placed
        ]
        if extra:
            where = named(names, "districts", str(district))
            said = [named(names, "sectors", s) for s in dict.fromkeys(own["sector_id"])]
            more = [named(names, "sectors", str(s)) for s in extra]
            found = areas[(areas["district_code"] == district) & areas["sector_id"].isin(extra)]
            yield Conflict(
                "layout_and_areas",
                "remark",
                Both(
                    f"{where.zh}是{_joined(more).zh}的重点区域，布局却只写{_joined(said).zh}",
                    f"{where.en} is a key district of {_joined(more).en}; the layout gives it only "
                    f"{_joined(said).en}",
                ),
                Both(
                    f"布局 {len(said)} 个产业，重点区域另有 {len(extra)} 个",
                    f"{len(said)} sectors in the layout, {len(extra)} more in the key districts",
                ),
                (*rows_of(found, "sector_areas"), *rows_of(own, "layout")),
                (("districts", str(district)),),
            )
    yield from _wings_and_areas(plan, names, wanted, sectors_with_areas)


def _wings_and_areas(
    plan: Plan, names: Names, wanted: set[tuple[str, str]], known: set[str]
) -> Iterator[Conflict]:
    layout = plan.tables["layout"].dropna(subset=["wing_id", "sector_id"])
    layout = layout[layout["district_code"].isna() & layout["sector_id"].isin(known)]
    for wing, districts in wing_districts(plan).items():
        for row, rule in layout[layout["wing_id"] == wing].iterrows():
            sector = str(rule["sector_id"])
            if any((sector, code) in wanted for code in districts):
                continue
            where, what = named(names, "wings", wing), named(names, "sectors", sector)
            own = [named(names, "districts", code) for code in districts]
            key = [named(names, "districts", code) for s, code in sorted(wanted) if s == sector]
            yield Conflict(
                "layout_and_areas",
                "tension",
                Both(
                    f"{where.zh}布局{what.zh}，但其平台所在区县都不是该产业的重点区域",
                    f"{where.en} is given {what.en}, but no district of its platforms is a key "
                    "district of that sector",
                ),
                Both(
                    f"{_joined(own).zh} ∩ {_joined(key).zh} = ∅",
                    f"{_joined(own).en} ∩ {_joined(key).en} = ∅",
                ),
                (("layout", int(str(row))),),
                (("wings", wing), ("sectors", sector)),
            )


def firms_in_text_and_table(plan: Plan) -> Iterator[Conflict]:
    """A firm named in a sector's text but not in its table, or only in the table."""
    names = subject_names(plan)
    firms = plan.tables["sector_firms"].dropna(subset=["sector_id", "enterprise_id", "role"])
    for sector, own in firms.groupby("sector_id"):
        table = own[own["role"].isin(_TABLE_ROLES)]
        text = own[own["role"].isin(_TEXT_ROLES)]
        if table.empty or text.empty:
            continue
        what = named(names, "sectors", str(sector))
        for here, there, zh, en in (
            (text, table, "正文提到而表中没有", "in the text but not in the table"),
            (table, text, "表中列出而正文没有", "in the table but not in the text"),
        ):
            lone = here[~here["enterprise_id"].isin(there["enterprise_id"])]
            if lone.empty:
                continue
            who = _joined(
                [named(names, "enterprises", str(f)) for f in dict.fromkeys(lone["enterprise_id"])]
            )
            count = lone["enterprise_id"].nunique()
            yield Conflict(
                "firms_in_text_and_table",
                "remark",
                Both(
                    f"{what.zh}：{zh} {count} 家：{who.zh}",
                    f"{what.en}: {count} firms {en}: {who.en}",
                ),
                same(
                    f"{here['enterprise_id'].nunique()} − {here['enterprise_id'].nunique() - count}"
                    f" = {count}"
                ),
                rows_of(lone, "sector_firms"),
                (("sectors", str(sector)),),
            )


def names_changed(plan: Plan) -> Iterator[Conflict]:
    """A firm or platform goes by more than one name, beyond plain abbreviation."""
    names = subject_names(plan)
    for table, kind, key in (
        ("enterprise_names", "enterprises", "enterprise_id"),
        ("platform_names", "platforms", "platform_id"),
    ):
        strings = plan.tables[table].dropna(subset=[key, "name_zh"])
        for subject, own in strings.groupby(key):
            main = str(own.loc[~own["name_basis"].isin(_OTHER_NAMES), "name_zh"].min())
            unlike = own["name_zh"].map(lambda name: name not in main and main not in name)  # noqa: B023
            other = own[own["name_basis"].isin(_OTHER_NAMES) & unlike]
            if other.empty or own["name_zh"].nunique() < 2:
                continue
            who = named(names, kind, str(subject))
            listed = "、".join(f"“{n}”" for n in dict.fromkeys(own["name_zh"]))
            yield Conflict(
                "names_changed",
                "remark",
                Both(f"{who.zh}有不同名称：{listed}", f"{who.en} goes by several names: {listed}"),
                same(
                    " / ".join(
                        f"{n} ({b})"
                        for n, b in zip(other["name_zh"], other["name_basis"], strict=True)
                    )
                ),
                rows_of(own, table),
                ((kind, str(subject)),),
            )


def firms_outside_areas(plan: Plan) -> Iterator[Conflict]:
    """A key firm of a segment lies in a district that the segment does not list."""
    names = subject_names(plan)
    firms = plan.tables["sector_firms"].dropna(subset=["sector_id", "enterprise_id"])
    firms = firms[firms["role"].isin(_TABLE_ROLES)]
    areas = plan.tables["sector_areas"].dropna(subset=["sector_id", "district_code"])
    places = plan.tables["locations"].dropna(subset=["subject_id", "district_code"])
    places = places[places["subject_kind"] == "enterprises"].drop_duplicates("subject_id")
    where = places.assign(row=places.index).set_index("subject_id")
    for row, firm in firms[firms["enterprise_id"].isin(where.index)].iterrows():
        listed = areas[
            (areas["sector_id"] == firm["sector_id"])
            & (
                areas["segment_id"].fillna("")
                == ("" if pd.isna(firm["segment_id"]) else firm["segment_id"])
            )
        ]
        place = where.loc[firm["enterprise_id"]]
        if listed.empty or place["district_code"] in set(listed["district_code"]):
            continue
        who = named(names, "enterprises", str(firm["enterprise_id"]))
        here = named(names, "districts", str(place["district_code"]))
        others = _joined([named(names, "districts", code) for code in listed["district_code"]])
        basis = Both(*VOCABULARIES["basis"].get(str(place["basis"]), ("", "")))
        yield Conflict(
            "firms_outside_areas",
            "remark",
            Both(
                f"重点企业{who.zh}在{here.zh}(依据：{basis.zh})，不在所列重点区域内",
                f"The key firm {who.en} lies in {here.en} (basis: {basis.en}), outside the key districts",
            ),
            Both(f"重点区域：{others.zh}", f"key districts: {others.en}"),
            (
                ("sector_firms", int(str(row))),
                ("locations", int(place["row"])),
                *rows_of(listed, "sector_areas"),
            ),
            (("enterprises", str(firm["enterprise_id"])),),
        )


def claimed_twice(plan: Plan) -> Iterator[Conflict]:
    """A firm or institute is named in two platforms of which neither contains the other."""
    names = subject_names(plan)
    platforms = plan.tables["platforms"].dropna(subset=["id"]).drop_duplicates("id")
    parent = platforms.set_index("id")["parent_id"].dropna().to_dict()

    def above(platform: str) -> set[str]:
        found: set[str] = set()
        while platform in parent and parent[platform] not in found:
            platform = parent[platform]
            found.add(platform)
        return found

    firms = plan.tables["platform_firms"].dropna(subset=["platform_id", "enterprise_id"])
    firms = firms[firms["role"] != "courted"]
    for firm, own in firms.groupby("enterprise_id"):
        homes = list(dict.fromkeys(own["platform_id"]))
        outermost = [h for h in homes if not above(h) & set(homes)]
        if len(outermost) < 2:
            continue
        who = named(names, "enterprises", str(firm))
        where = _joined([named(names, "platforms", h) for h in outermost])
        yield Conflict(
            "claimed_twice",
            "tension",
            Both(f"{who.zh}同时列在{where.zh}", f"{who.en} is named in {where.en} alike"),
            Both(
                f"{len(outermost)} 个互不包含的平台",
                f"{len(outermost)} platforms, none inside another",
            ),
            rows_of(own, "platform_firms"),
            (("enterprises", str(firm)), *(("platforms", h) for h in outermost)),
        )


def districts_in_names(plan: Plan) -> Iterator[Conflict]:
    """A platform is named after one district of its plan's time and lies in another."""
    names = subject_names(plan)
    platforms = plan.tables["platforms"].dropna(subset=["id", "name_zh", "district_code"])
    days = boundaries_day(plan, platforms)
    for row, platform in platforms.iterrows():
        day = day_of(days.at[int(str(row))])
        layer = plan.districts_on(day) if day else None
        current = codes(layer) if layer else set()
        said = [
            code
            for code in sorted(current)
            if str(platform["name_zh"]).startswith(_short(named(names, "districts", code).zh))
        ]
        if not said or platform["district_code"] in said:
            continue
        who = named(names, "platforms", str(platform["id"]))
        here = named(names, "districts", str(platform["district_code"]))
        there = named(names, "districts", said[0])
        yield Conflict(
            "districts_in_names",
            "remark",
            Both(
                f"{who.zh}以{there.zh}为名，今在{here.zh}",
                f"{who.en} is named after {there.en} and lies in {here.en}",
            ),
            same(f"{said[0]} ≠ {platform['district_code']}"),
            (("platforms", int(str(row))),),
            (("platforms", str(platform["id"])),),
        )


def _short(district: str) -> str:
    return district[:-1] if len(district) > 2 and district[-1] in _DISTRICT_SUFFIXES else district


def projects_and_areas(plan: Plan) -> Iterator[Conflict]:
    """Projects of one plan lie where another plan does not want their sector."""
    names = subject_names(plan)
    links = plan.tables["sector_links"].dropna(subset=["project_id", "to_sector_id", "share"])
    projects = plan.tables["projects"].dropna(subset=["id", "investment_wanyuan"])
    projects = projects.drop_duplicates("id").set_index("id")
    plans = plan.tables["plans"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    origin = plan_of_sources(plan)
    areas = plan.tables["sector_areas"].dropna(subset=["sector_id", "district_code"])
    links = links[links["project_id"].isin(projects.index)]
    home = links["project_id"].map(projects["source_id"]).map(origin).map(plans["district_codes"])
    segment = links["to_segment_id"].fillna("")
    for (sector, part, covered), own in links.groupby([links["to_sector_id"], segment, home]):
        listed = areas[areas["sector_id"] == sector]
        if part:
            listed = listed[listed["segment_id"] == part]
        code = str(covered)
        if "|" in code or listed.empty or code in set(listed["district_code"]):
            continue
        money = (own["project_id"].map(projects["investment_wanyuan"]) * own["share"]).sum()
        here = named(names, "districts", code)
        what = named(names, "segments" if part else "sectors", str(part or sector))
        others = _joined(
            [named(names, "districts", c) for c in dict.fromkeys(listed["district_code"])]
        )
        yield Conflict(
            "projects_and_areas",
            "tension",
            Both(
                f"{here.zh}有 {len(own)} 个{what.zh}项目(推断对应)，共 {money:,.0f} 万元，而该领域重点区域"
                f"没有{here.zh}",
                f"{here.en} has {len(own)} projects in {what.en} (link inferred), {money:,.0f} 万元 "
                f"in all, but is not among its key districts",
            ),
            Both(f"重点区域：{others.zh}", f"key districts: {others.en}"),
            (*rows_of(own, "sector_links"), *rows_of(listed, "sector_areas")),
            (("districts", code), ("sectors", str(sector))),
        )


PLACE_RULES: tuple[Rule, ...] = (
    layout_and_areas,
    firms_in_text_and_table,
    names_changed,
    firms_outside_areas,
    claimed_twice,
    districts_in_names,
    projects_and_areas,
)
"""The rules about places and names."""

RULES: Mapping[str, Rule] = {rule.__name__: rule for rule in (*NUMBER_RULES, *PLACE_RULES)}
"""Rule name → rule."""


def conflicts(plan: Plan) -> list[Conflict]:
    """Every disagreement of the plans with themselves and with each other.

    The rules are general; what they find depends on the tables alone.

    Returns
    -------
    list of Conflict
        Contradictions first, then tensions, then remarks.
    """
    return found_by(RULES.values(), plan)
