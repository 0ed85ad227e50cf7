"""The sections of a brief about places: candidates, must and must_not, own rules."""

from collections.abc import Mapping
from pathlib import Path

import orjson

from geoplan.plan.crs import DATUMS
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import VOCABULARIES
from geoplan.site.amounts import LAND_UNITS
from geoplan.site.conditions import ConditionError, missing_column, parse
from geoplan.site.demands import reach_target
from geoplan.site.entries import Entries, shown
from geoplan.site.layernames import HUBS, columns_of, layer_fault
from geoplan.site.lookup import look_up
from geoplan.site.question import CandidateList, Must, MustNot, OwnRule, Reach

MOST_INLINE_BYTES = 20_000_000
_AREA_KINDS = ("districts", "wings", "platforms")


def _looked_up(part: Entries, key: str, plan: Plan, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """A list of things by id or name, as ids; each is looked for in one kind after the other."""
    found: dict[str, None] = {}
    for said in part.texts(key, "…"):
        answers = [look_up(plan, kind, said) for kind in kinds]
        known = next((answer for answer in answers if isinstance(answer, str)), None)
        if known is not None:
            found[known] = None
            continue
        complaint = answers[0]
        if isinstance(complaint, Both):
            part.complain(key, complaint.zh, complaint.en)
    return tuple(found)


def file_named(part: Entries, folder: Path | None) -> str:
    """The file an entry names, where a brief may name one."""
    file = part.text("file", "parcels.gpkg", longest=500)
    if file and folder is None:
        part.complain(
            "file",
            "此处的任务书不能引用文件；请改用 features 直接给出要素，或以文件形式使用任务书",
            "a brief given here cannot name files; give the features inline under features, "
            "or use the brief as a file",
        )
        return ""
    return file


def candidate_list(part: Entries, plan: Plan, folder: Path | None) -> CandidateList:
    """The section ``candidates``."""
    usual = CandidateList()
    file, features = own_data(part, folder)
    default = "file" if part.get("file") or features else usual.kind
    kind = part.choice("kind", ("platforms", "file", "grid"), default)
    if kind == "file" and not part.get("file") and part.get("features") is None:
        part.complain(
            "file",
            '没有给出候选地块；请写 file = "parcels.gpkg" 或 features',
            'no candidates are given; write file = "parcels.gpkg" or features',
        )
    if kind != "file" and (part.get("file") or features):
        part.complain(
            "kind",
            f'给出了地块，类别却是 {kind}；请写 kind = "file" 或删去地块',
            f'parcels are given but the kind is {kind}; write kind = "file" or remove them',
        )
    cell_m = part.number("cell_m", least=10.0, most=20_000.0)
    accuracy_m = part.number("accuracy_m", least=0.0, most=100_000.0)
    found = CandidateList(
        kind="file" if kind == "file" else "grid" if kind == "grid" else "platforms",
        platform_kinds=_looked_up(part, "platform_kinds", plan, ("platform_kind",)),
        file=file,
        features=features,
        layer=part.text("layer", "parcels"),
        id=part.text("id", "编号"),
        name=part.text("name", "名称"),
        name_en=part.text("name_en", "name_en"),
        land=part.text("land", "面积"),
        land_unit=part.choice("land_unit", tuple(LAND_UNITS), ""),
        district=part.text("district", "区县"),
        crs=part.text("crs", "EPSG:4549", longest=200),
        datum=part.choice("datum", tuple(DATUMS), ""),
        accuracy_m=usual.accuracy_m if accuracy_m is None else accuracy_m,
        cell_m=usual.cell_m if cell_m is None else cell_m,
        within=_looked_up(part, "within", plan, _AREA_KINDS),
    )
    part.finish()
    return found


def own_data(part: Entries, folder: Path | None) -> tuple[str, str]:
    """The file an entry names, and the features it gives inline; one of them at most."""
    file, features = file_named(part, folder), _inline(part)
    if part.get("file") and features:
        part.complain(
            "features",
            "file 与 features 只能给出一个；请删去其一",
            "give either file or features; remove one of them",
        )
    return file, features


def _inline(part: Entries) -> str:
    """Inline features as text; that they are features is seen when they are read."""
    value = part.get("features")
    if value is None:
        return ""
    example = 'features = {type = "FeatureCollection", features = […]}'
    if (
        not isinstance(value, Mapping)
        or value.get("type") != "FeatureCollection"
        or not isinstance(value.get("features"), list | tuple)
    ):
        part.complain("features", f"应为 GeoJSON 要素集；请写 {example}",
                      f"it must be a GeoJSON FeatureCollection; write {example}")  # fmt: skip
        return ""
    try:
        raw = orjson.dumps(dict(value))
    except TypeError as error:
        part.complain("features", f"无法使用：{shown(error)}", f"it cannot be used: {shown(error)}")
        return ""
    if len(raw) > MOST_INLINE_BYTES:
        part.complain("features", "内容过大；请改用文件", "it is too large; use a file")
        return ""
    return raw.decode()


def must(part: Entries, plan: Plan) -> Must:
    """The section ``must``."""
    found = Must(
        districts=_looked_up(part, "districts", plan, ("districts",)),
        wings=_looked_up(part, "wings", plan, ("wings",)),
        platform_kinds=_looked_up(part, "platform_kinds", plan, ("platform_kind",)),
        min_land=part.flag("min_land"),
        within_m=_reaches(part, "within_m", "most_m", plan),
    )
    part.finish()
    return found


def must_not(part: Entries, plan: Plan) -> MustNot:
    """The section ``must_not``."""
    found = MustNot(
        districts=_looked_up(part, "districts", plan, ("districts",)),
        wings=_looked_up(part, "wings", plan, ("wings",)),
        platform_kinds=_looked_up(part, "platform_kinds", plan, ("platform_kind",)),
        nearer_than_m=_reaches(part, "nearer_than_m", "least_m", plan),
    )
    part.finish()
    return found


def _reaches(part: Entries, key: str, limit: str, plan: Plan) -> tuple[Reach, ...]:
    found = []
    example = f'{key} = [{{to = "airport", {limit} = 40000}}]'
    for one in part.sections(key, example):
        to = one.text("to", "airport")
        metres = one.number(limit, least=0.0, most=1e7, above=True)
        if metres is None and one.get(limit) is None:
            one.complain(
                limit, f"缺少距离；请写 {example}", f"the distance is missing; write {example}"
            )
        if not to and one.get("to") is None:
            one.complain("to", f"缺少对象；请写 {example}", f"to what? write {example}")
        to = _target(one, to, plan) if to else ""
        one.finish()
        if to and metres is not None:
            found.append(Reach(to, metres))
    return tuple(found)


def _target(part: Entries, to: str, plan: Plan) -> str:
    """What a distance limit is measured to, or nothing where the plan has no such thing."""
    if not to.startswith("layer:"):
        kind = look_up(plan, "hub_kind", to)
        known = set(plan.tables["hubs"]["kind"].dropna())
        if isinstance(kind, str) and kind in known:
            return kind
        labels = {code: VOCABULARIES["hub_kind"].get(code, (code, code)) for code in sorted(known)}
        zh = "、".join(f"{code}({zh})" for code, (zh, _) in labels.items())
        missing = isinstance(kind, str)
        part.complain(
            "to",
            (f"规划中没有位置可用的“{shown(to)}”" if missing else f"“{shown(to)}”不是枢纽类别")
            + f"；可用 {zh}，或写 layer:图层 where 条件",
            (f"the plan has no “{shown(to)}”" if missing else f"“{shown(to)}” is no kind of hub")
            + f"; there are {', '.join(labels)}; or write layer:NAME where CONDITION",
        )
        return ""
    layer, where = reach_target(to)
    fault = layer_fault(plan, layer)
    if layer == HUBS and not to.removeprefix("layer:").strip().startswith(HUBS):
        fault = Both("写法：layer:图层 where 条件", "write layer:NAME where CONDITION")
    if fault is None and where:
        try:
            fault = missing_column(parse(where), columns_of(plan, layer))
        except ConditionError as error:
            fault = error.said
    if fault is not None:
        part.complain("to", fault.zh, fault.en)
        return ""
    return f"layer:{layer} where {where}" if where else f"layer:{layer}"


def own_rules_of(whole: Entries, folder: Path | None) -> tuple[OwnRule, ...]:
    """The section ``rules``, as written; whether they make sense is judged with the plan's rules."""
    found = []
    for part in whole.sections("rules", "[[rules]]"):
        file, features = own_data(part, folder)
        rule = OwnRule(
            id=part.text("id", "no-steep-land"),
            off=part.flag("off"),
            name_zh=part.text("name_zh"),
            name_en=part.text("name_en"),
            effect=part.text("effect", "exclude"),
            measure=part.text("measure", "inside"),
            layer=part.text("layer", "waters"),
            file=file,
            features=features,
            crs=part.text("crs", "EPSG:4549", longest=200),
            datum=part.choice("datum", tuple(DATUMS), ""),
            accuracy_m=part.number("accuracy_m", most=100_000.0) or 0.0,
            where=part.text("where", "kind = lake"),
            condition=part.text("condition", "kind = building"),
            least=part.number("least"),
            most=part.number("most"),
            scope=part.text("scope", "candidate = parcel"),
            exceptions=part.text("exceptions", "id = my-site"),
            overrides=part.texts("overrides", "a-rule"),
            clause_zh=part.text("clause_zh"),
            note=part.text("note"),
        )
        part.finish()
        found.append(rule)
    return tuple(found)
