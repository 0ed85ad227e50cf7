"""An annotated brief to start from, made for one plan."""

import json
from collections.abc import Iterator, Mapping

import pandas as pd

from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both, Language
from geoplan.schema import VOCABULARIES
from geoplan.site.amounts import LAND_UNITS
from geoplan.site.lookup import district_layers

_Line = str | Both


def template(plan: Plan, language: Language) -> str:
    """A complete brief in TOML that reads as it stands, with every entry explained.

    Entries that a first brief does without are there behind a ``#``.

    Parameters
    ----------
    plan :
        Whose sectors, districts and hubs the examples name.
    language :
        Of the comments.
    """
    title = Both("新项目选址", "A site for a new project")[language]
    lines = [
        line if isinstance(line, str) else f"# {line[language]}" for line in _lines(plan, title)
    ]
    return "\n".join(lines) + "\n"


def _example(plan: Plan) -> Mapping[str, str]:
    """Things of the plan that the examples name; plain words where it has none."""
    layers = district_layers(plan)
    codes = layers[0].frame[layers[0].key].dropna().astype("str").tolist() if layers else []

    def first(table: str, column: str = "id") -> str:
        cells = plan.tables[table][column].dropna()
        return str(cells.iloc[0]) if len(cells) else ""

    return {
        "sector": first("sectors"),
        "segment": first("segments"),
        "product": first("chain_gaps", "item_zh") or "…",
        "district": codes[0] if codes else "",
        "wing": first("wings"),
        "platform": first("platforms"),
        "kind": first("platforms", "kind") or "park",
        "hub": first("hubs", "kind"),
        "layer": next((x.name for x in plan.layers.values() if x.role == "waters"), "districts"),
        "criterion": first("criteria"),
        "points": first("criteria", "value_points") or "0:1|60000:0",
        "rule": first("rules"),
    }


def _text(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


def _listed(text: str) -> str:
    return f"[{_text(text)}]" if text else "[]"


def _choices(table: pd.DataFrame) -> Iterator[Both]:
    """The ids of a table with their names, a line each."""
    named = table.dropna(subset=["id"])[["id", "name_zh", "name_en"]].fillna("")
    for key, zh, en in named.itertuples(index=False, name=None):
        yield Both(f"  {key} {' '.join(zh.split())}", f"  {key} {' '.join((en or zh).split())}")


def _known(vocabulary: str, used: set[str]) -> Both:
    """The words of a vocabulary that the plan uses, with their meaning."""
    words = {code: both for code, both in VOCABULARIES[vocabulary].items() if code in used}
    return Both(
        "、".join(f"{code} {zh}" for code, (zh, _) in words.items()) or "…",
        ", ".join(f"{code} ({en})" for code, (_, en) in words.items()) or "…",
    )


def _lines(plan: Plan, title: str) -> Iterator[_Line]:
    example = _example(plan)
    yield Both("选址任务书：要选址的项目，以及想要什么样的地方。",
               "A brief for site selection: the project, and what place is wanted.")  # fmt: skip
    yield Both("井号后无空格的行是可选项：删去井号即启用。填好后运行 geoplan site 本文件。",
               "Lines that start with # and no space are optional: remove the # to use them. "
               "Then run geoplan site on this file.")  # fmt: skip
    yield ""
    yield Both("标题，出现在结果和单页上。", "Title, shown on results and sheets.")
    yield f"title = {_text(title)}"
    yield ""
    yield from _project(plan, example)
    yield from _candidates(plan, example)
    yield from _demands(plan, example)
    yield from _rules(example)
    yield from _criteria(plan, example)
    yield from _weights(example)
    yield from _rest(example)


def _project(plan: Plan, example: Mapping[str, str]) -> Iterator[_Line]:
    table = plan.tables["sectors"]
    yield "[project]"
    yield Both("产业：编号、名称或简称。可用：", "Sector: id, name or short name. There are:")
    yield from _choices(table)
    yield f'sector = "{example["sector"]}"'
    yield Both("细分重点(可选)：编号或名称。", "Segment of that sector (optional): id or name.")
    yield f'#segment = "{example["segment"]}"'
    yield Both("产品(可选)：与规划所列产业链短板对照。",
               "Products (optional): compared with the missing links of the chain.")  # fmt: skip
    yield f"#products = {_listed(example['product'])}"
    yield Both("投资：带单位的文字，或 investment_wanyuan = 100000。",
               "Investment: a text with its unit, or investment_wanyuan = 100000.")  # fmt: skip
    yield 'investment = "10亿元"'
    yield Both("用地：带单位的文字，或 land_mu = 150，或 land_km2 = 0.1。",
               "Land: a text with its unit, or land_mu = 150, or land_km2 = 0.1.")  # fmt: skip
    yield 'land = "150亩"'
    yield Both("职工人数(可选)。", "Workers (optional).")
    yield "workers = 800"
    yield ""


def _candidates(plan: Plan, example: Mapping[str, str]) -> Iterator[_Line]:
    kinds = _known("platform_kind", set(plan.tables["platforms"]["kind"].dropna()))
    yield "[candidates]"
    yield Both("候选：platforms 规划的平台；file 自己的地块或建筑；grid 格网。",
               "Candidates: platforms of the plan; file, own parcels or buildings; grid, cells.")  # fmt: skip
    yield 'kind = "platforms"'
    yield Both(f"只看这些类别的平台；空 = 全部。可用：{kinds.zh}",
               f"Only platforms of these kinds; empty: all. There are: {kinds.en}")  # fmt: skip
    yield "platform_kinds = []"
    yield Both("kind = file：GeoJSON、GeoPackage 或 Shapefile，路径相对于本文件。",
               "kind = file: GeoJSON, GeoPackage or Shapefile; its path is relative to this file.")  # fmt: skip
    yield '#file = "parcels.gpkg"'
    yield Both("图层(GeoPackage 有多个图层时)；编号、名称、英文名、面积、区县所在的列。",
               "Layer (of a GeoPackage with several); columns of id, name, English name, land, district.")  # fmt: skip
    yield from ('#layer = "parcels"', '#id = "编号"', '#name = "名称"', '#name_en = "name_en"')
    yield from ('#land = "面积"', '#district = "区县"')
    yield Both(f"面积列只有数字时的单位：{'、'.join(LAND_UNITS)}。不写 land 则按图形量算。",
               f"Unit of a land column of bare numbers: {', '.join(LAND_UNITS)}. "
               "Without land the area is measured.")  # fmt: skip
    yield '#land_unit = "mu"'
    yield Both("文件没有声明坐标系时：crs；坐标是 GCJ-02 或 BD-09 时：datum。从不猜测。",
               "crs where the file declares none; datum where it is GCJ-02 or BD-09. Never guessed.")  # fmt: skip
    yield from ('#crs = "EPSG:4549"', '#datum = "GCJ-02"')
    yield Both("边界的误差(米)。", "How far its outlines may be off, in metres.")
    yield "#accuracy_m = 0"
    yield Both(
        "也可直接写出要素，不用文件。", "Features may also be written here instead of a file."
    )
    yield '#features = {type = "FeatureCollection", features = []}'
    yield Both("kind = grid：格网边长(米)，以及范围：区县、翼或平台；空 = 全部区县。",
               "kind = grid: side of a cell in metres, and the area: districts, wings or platforms; "
               "empty: all districts.")  # fmt: skip
    yield "cell_m = 500"
    yield f"#within = {_listed(example['district'])}"
    yield ""


def _demands(plan: Plan, example: Mapping[str, str]) -> Iterator[_Line]:
    hubs = _known("hub_kind", set(plan.tables["hubs"]["kind"].dropna()))
    layer = example["layer"]
    yield Both("必须满足的条件：不满足即排除，并说明理由；判断不了的标为“不确定”，不算可用。",
               "What a site must be: else it is excluded, with the reason; what cannot be told is "
               "unknown, and never allowed.")  # fmt: skip
    yield "[must]"
    yield Both("区县：代码或名称；翼；平台类别。空 = 不限。",
               "Districts by code or name; wings; kinds of platform. Empty: any.")  # fmt: skip
    yield from ("districts = []", "wings = []", "platform_kinds = []")
    yield Both("true：候选的面积须达到所需用地；面积不详即不确定。",
               "true: its stated area must reach the land asked; unknown area is unknown.")  # fmt: skip
    yield "min_land = false"
    yield Both(f"距离上限(米，直线)：to 为枢纽类别({hubs.zh})，或“layer:图层 where 条件”。",
               f"Most distance (metres, straight line): to a kind of hub ({hubs.en}), or "
               '"layer:NAME where CONDITION".')  # fmt: skip
    to = example["hub"] or f"layer:{layer}"
    yield f"#within_m = [{{to = {_text(to)}, most_m = 60000}}]"
    yield ""
    yield Both("必须避开的。", "What a site must not be.")
    yield "[must_not]"
    yield from ("districts = []", "wings = []", "platform_kinds = []")
    yield Both("距离下限(米)。", "Least distance in metres.")
    yield f'#nearer_than_m = [{{to = "layer:{layer}", least_m = 500}}]'
    yield ""


def _rules(example: Mapping[str, str]) -> Iterator[_Line]:
    effects, measures = VOCABULARIES["rule_effect"], VOCABULARIES["rule_measure"]
    yield Both("自己的硬性规则(可写多条)，与 data/rules.csv 同样的列。",
               "Own hard rules (any number), with the columns of data/rules.csv.")  # fmt: skip
    yield "#[[rules]]"
    yield '#id = "red-line"'
    yield from ('#name_zh = "不在红线内"', '#name_en = "Outside the red line"')
    yield Both("作用：" + "、".join(f"{code} {zh}" for code, (zh, _) in effects.items()),
               "Effect: " + ", ".join(f"{code} ({en})" for code, (_, en) in effects.items()))  # fmt: skip
    yield '#effect = "exclude"'
    yield Both("量度：" + "、".join(f"{code} {zh}" for code, (zh, _) in measures.items()),
               "Measure: " + ", ".join(f"{code} ({en})" for code, (_, en) in measures.items()))  # fmt: skip
    yield '#measure = "inside"'
    yield Both("图层：规划的图层 layer，或自己的文件 file(此时 layer 为其中的图层)，或直接写在 features 里的 "
               "GeoJSON，及其误差 accuracy_m、crs、datum。",
               "Layer: one of the plan, or an own file (layer is then a layer in it), or GeoJSON "
               "under features, with its accuracy_m, crs, datum.")  # fmt: skip
    yield from (f'#layer = "{example["layer"]}"', '#file = "red-line.geojson"', "#accuracy_m = 20")
    yield from ('#crs = "EPSG:4549"', '#datum = "GCJ-02"')
    yield Both("where：要素条件；condition：对候选的属性条件；least、most：量值的上下限。",
               "where: condition on its features; condition: on the candidate (measure attribute); "
               "least, most: limits of what is measured.")  # fmt: skip
    yield from (
        '#where = "kind = lake"',
        '#condition = "kind = building"',
        "#least = 0",
        "#most = 500",
    )
    yield Both("scope：何时适用；exceptions：例外；overrides：替代哪些一般规则；条款与说明。",
               "scope: when it applies; exceptions; overrides: the general rules it replaces there; "
               "clause and note.")  # fmt: skip
    yield '#scope = "candidate in parcel|grid and project.land_km2 > 0"'
    yield '#exceptions = "id = my-site"'
    yield f"#overrides = {_listed(example['rule'])}"
    yield from ('#clause_zh = "第三条"', '#note = "…"')
    yield Both(
        "停用规划的一条规则：只写 id 和 off。",
        "To switch a rule of the plan off: id and off alone.",
    )
    yield "#[[rules]]"
    yield from (f'#id = "{example["rule"] or "a-rule"}"', "#off = true")
    yield ""


def _criteria(plan: Plan, example: Mapping[str, str]) -> Iterator[_Line]:
    table = plan.tables["criteria"]
    yield Both("改动默认准则：权重 weight、价值函数 points(量值:得分)、params、off = true。默认准则：",
               "Change a default criterion: weight, points (measure:value), params, off = true. "
               "The defaults:")  # fmt: skip
    yield from _choices(table)
    yield f"#[criteria.{example['criterion'] or 'airport_m'}]"
    yield "#weight = 0.1"
    yield f"#points = {_text(example['points'])}"
    yield from ("#params = {radius_m = 5000}", "#off = true")
    yield Both("自设准则：measure 为 distance_m、share_covered、zonal_mean 或 attribute；",
               "A criterion of your own: measure is distance_m, share_covered, zonal_mean or attribute;")  # fmt: skip
    yield Both("layer 为规划的图层，或 file 为自己的矢量或栅格；column 为取值的列；better 为 high 或 low。",
               "layer of the plan, or file of your own, vector or raster; column: attribute to measure; "
               "better: high or low.")  # fmt: skip
    yield "#[criteria.near_metro]"
    yield from ('#measure = "distance_m"', '#layer = "hubs"', '#where = "kind = metro_station"')
    yield from ('#file = "noise.geojson"', '#column = "db"', '#unit = "m"', '#better = "low"')
    yield from ('#crs = "EPSG:4549"', '#datum = "GCJ-02"', "#accuracy_m = 20")
    yield from ('#name_zh = "地铁站"', '#name_en = "Metro station"')
    yield from ('#points = "0:1|3000:0"', "#weight = 0.05")
    yield ""


def _weights(example: Mapping[str, str]) -> Iterator[_Line]:
    yield "[weights]"
    yield Both("权重方法：direct 用各准则的 weight；order 只排先后；ahp 两两比较。",
               "Method: direct, the weight of each criterion; order, by rank; ahp, paired comparisons.")  # fmt: skip
    yield 'method = "direct"'
    yield Both("order：最重要的在前，同等重要的放在一个列表里；formula 为 roc、rank_sum 或 rank_reciprocal。",
               "order: most important first, equals in a list; formula: roc, rank_sum or rank_reciprocal.")  # fmt: skip
    yield from ('#order = ["platform_named", ["airport_m", "rail_m"]]', '#formula = "roc"')
    yield Both("ahp：行对列重要多少倍；几位评判者则写几个矩阵；random_index 为随机一致性指标表。",
               "ahp: how many times as important the row is as the column; several judges: a list of "
               "matrices; random_index: the table used.")  # fmt: skip
    yield '#criteria = ["platform_named", "airport_m"]'
    yield '#judgements = [[1, 3], ["1/3", 1]]'
    yield '#random_index = "saaty"'
    yield ""


def _rest(example: Mapping[str, str]) -> Iterator[_Line]:
    yield "[preferences]"
    yield Both("附近已有计划投资：cluster 视为集聚的好处，crowding 视为拥挤。",
               "Investment already planned nearby: cluster, a good thing; crowding, a bad one.")  # fmt: skip
    yield 'gathering = "cluster"'
    yield ""
    yield "[robustness]"
    yield Both("在哪些别的权重下重算：around 上下浮动 spread；order 只知先后；any 任意。",
               "Other weights to try: around, within ± spread; order, only the order known; any.")  # fmt: skip
    yield from ('mode = "around"', "spread = 0.2")
    yield Both("抽样次数与随机种子：同样的种子得同样的结果。",
               "Number of draws and seed: the same seed gives the same result.")  # fmt: skip
    yield from ("draws = 10000", "seed = 1")
    yield ""
    yield Both("像哪个好地方：按与它的相似程度排序(可选)。",
               "Like which good site: rank by likeness to it (optional).")  # fmt: skip
    yield "#[like]"
    yield f'#site = "{example["platform"]}"'
