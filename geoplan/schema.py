"""Every table and column of a plan, declared once.

The data dictionary, the checks, the import templates and the documentation
are all read from :data:`TABLES`. A unit is part of a column's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "integer", "number", "year", "date", "list", "colour"]

QUOTE_MAX_CHARS = 40
"""A quote is evidence, not a copy of the document."""

LIST_SEPARATOR = "|"


@dataclass(frozen=True)
class Column:
    """One column of one table.

    ``references`` names the table whose key the value must be; the name
    ``districts`` stands for the district layers. ``subject_kind`` in
    ``references`` means: the table named by the row's ``subject_kind``.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    required: bool = False
    unit: str = ""
    vocabulary: str = ""
    references: str = ""
    minimum: float | None = None
    maximum: float | None = None
    example: str = ""


@dataclass(frozen=True)
class Table:
    """One CSV file of ``data/``: a row is one fact or one thing."""

    name: str
    zh: str
    en: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    essential: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in file order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The declaration of one column."""
        return next(column for column in self.columns if column.name == name)


VOCABULARIES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "source_kind": {
        "document": ("文件", "document"),
        "dataset": ("数据集", "dataset"),
        "public_page": ("公开网页", "public page"),
        "desk_research": ("编者案头研究", "editor's desk research"),
    },
    "basis": {
        "read": ("原文", "read in the document"),
        "inherited": ("承上合并单元格", "inherited from the merged cell above"),
        "inferred": ("推断", "inferred by the editor"),
        "public": ("公开资料", "public source"),
        "unverified": ("未核实", "unverified"),
    },
    "precision": {
        "exact": ("精确", "exact"),
        "street": ("街道门牌", "street address"),
        "platform": ("平台", "platform"),
        "town": ("镇街", "town"),
        "district": ("区县", "district"),
        "unknown": ("不详", "unknown"),
    },
    "subject_kind": {
        "plans": ("规划", "plan"),
        "sectors": ("产业", "sector"),
        "segments": ("细分重点", "segment"),
        "wings": ("翼", "wing"),
        "districts": ("区县", "district"),
        "platforms": ("平台", "platform"),
        "enterprises": ("企业", "firm"),
        "projects": ("项目", "project"),
        "hubs": ("枢纽", "hub"),
    },
    "platform_kind": {
        "development_zone": ("开发区", "development zone"),
        "sci_tech_city": ("科技城", "sci-tech city"),
        "town": ("小镇", "characteristic town"),
        "park": ("产业园", "industrial park"),
        "new_town": ("新城", "new town"),
        "cluster": ("产业集群", "cluster"),
        "corridor": ("走廊", "corridor"),
        "institute": ("研究院(所)", "institute"),
        "innovation_platform": ("创新平台", "innovation platform"),
        "functional_area": ("功能区", "functional area"),
        "building": ("楼宇", "building"),
    },
    "platform_role": {
        "carrier": ("行动载体", "carrier"),
        "main_field": ("主战场", "main field"),
        "layout": ("布局平台", "platform of the layout"),
        "innovation": ("重大技术创新平台", "major innovation platform"),
        "named": ("文中提及", "named in the text"),
    },
    "firm_role": {
        "key": ("重点企业", "key firm of the table"),
        "relied_on": ("依托企业", "relied on in the text"),
        "core": ("核心企业", "core firm"),
        "leader": ("龙头企业", "leading firm"),
        "leader_to_be": ("龙头培育企业", "to be fostered as a leader"),
        "courted": ("拟招引", "to be attracted"),
        "named": ("文中提及", "named in the text"),
    },
    "wing_kind": {
        "wing": ("翼", "wing"),
        "points": ("多点", "scattered points"),
    },
    "name_basis": {
        "full": ("全称", "the name itself"),
        "abbreviation": ("简称", "plain abbreviation"),
        "bracketed": ("文中括注", "bracketed in the text"),
        "variant": ("异名", "another name"),
        "inferred": ("推断", "inferred"),
    },
    "status": {
        "observed": ("现状", "observed"),
        "target": ("目标", "target"),
    },
    "operator": {
        "eq": ("", "exactly"),
        "approx": ("约", "about"),
        "ge": ("以上(含)", "at least"),
        "gt": ("超过", "more than"),
        "le": ("以下(含)", "at most"),
    },
    "figure_kind": {
        "level": ("数值", "level in the year"),
        "share": ("比重", "share in the year"),
        "change": ("变化", "change since the base year"),
        "growth_per_year": ("年均增速", "growth per year"),
        "multiple": ("倍数", "multiple of the base"),
        "cumulative": ("累计新增", "new over the period"),
        "count": ("个数", "count announced"),
    },
    "measure_kind": {
        "initiative": ("发展举措", "initiative"),
        "safeguard": ("保障措施", "safeguard"),
        "path": ("行动路径", "path of action"),
    },
    "hub_kind": {
        "airport": ("机场", "airport"),
        "rail_station": ("铁路车站", "railway station"),
        "port": ("港口码头", "port"),
        "lock": ("船闸", "lock"),
        "expressway_toll": ("高速收费站", "expressway toll plaza"),
        "metro_station": ("地铁站", "metro station"),
    },
    "direction": {
        "benefit": ("越大越好", "more is better"),
        "cost": ("越小越好", "less is better"),
    },
    "rule_effect": {
        "include": ("准入", "only if"),
        "exclude": ("排除", "never if"),
    },
    "rule_measure": {
        "attribute": ("属性", "an attribute of the site"),
        "inside": ("在图层之内", "inside the layer"),
        "distance_m": ("直线距离", "straight-line distance to the layer"),
        "share_covered": ("覆盖份额", "share of the site covered by the layer"),
        "area_km2": ("面积", "area of the site"),
        "area_ratio": ("面积与需求之比", "area of the site over the land asked"),
    },
}
"""Closed vocabularies: code → (Chinese, English)."""

_SOURCE = Column(
    "source_id", "id", "来源", "source", required=True, references="sources", example="demo-plan"
)
_LOCUS = Column(
    "locus", "text", "原文标题路径", "heading path in the document", example="三/(一)/专栏1"
)
_QUOTE = Column(
    "quote",
    "text",
    f"原文引句(不超过{QUOTE_MAX_CHARS}字)",
    f"verbatim quote (at most {QUOTE_MAX_CHARS} characters)",
    example="达到1500亿元产值规模",
)
_BASIS = Column("basis", "text", "依据", "basis", required=True, vocabulary="basis", example="read")
_NOTE = Column("note", "text", "编者注", "editor's note")
CITATION: tuple[Column, ...] = (_SOURCE, _LOCUS, _QUOTE, _BASIS, _NOTE)
"""Where a row was read; the last columns of every table but ``sources``."""

CITATION_NAMES: tuple[str, ...] = tuple(column.name for column in CITATION)


def _id(zh: str, en: str, example: str) -> Column:
    return Column("id", "id", zh, en, required=True, example=example)


def _ref(
    name: str, zh: str, en: str, references: str, *, required: bool = False, example: str = ""
) -> Column:
    return Column(name, "id", zh, en, required=required, references=references, example=example)


def _names(zh: str, en: str) -> tuple[Column, Column]:
    return (
        Column("name_zh", "text", f"{zh}名称", f"{en} name in Chinese", required=True),
        Column("name_en", "text", f"{zh}英文名", f"{en} name in English"),
    )


_ORDER = Column("order", "integer", "排序", "order of display", minimum=0, example="1")
_DISTRICT = _ref("district_code", "区县代码", "district code", "districts", example="330109")
_SECTOR = _ref("sector_id", "产业", "sector", "sectors", required=True, example="demo-robots")
_SEGMENT = _ref("segment_id", "细分重点", "segment", "segments", example="demo-robots-arms")
_PLAN = _ref("plan_id", "规划", "plan", "plans", required=True, example="demo")

_TABLES: tuple[Table, ...] = (
    Table(
        "sources",
        "来源",
        "a document or dataset",
        ("id",),
        (
            _id("来源编号", "source id", "demo-plan"),
            Column(
                "kind",
                "text",
                "类别",
                "kind",
                required=True,
                vocabulary="source_kind",
                example="document",
            ),
            Column("title_zh", "text", "标题", "title in Chinese", required=True),
            Column("title_en", "text", "英文标题", "title in English"),
            Column("publisher_zh", "text", "发布者", "publisher in Chinese"),
            Column("publisher_en", "text", "发布者英文名", "publisher in English"),
            Column("issued", "date", "发布日期", "date of issue", example="2021-06-01"),
            Column("accessed", "date", "取得日期", "date of access", example="2026-11-22"),
            Column("licence", "text", "许可", "licence or terms", required=True),
            Column(
                "freshness_days",
                "integer",
                "保鲜承诺",
                "freshness promise, from the date of issue (or access where the issue is undated)",
                unit="d",
                minimum=1,
                maximum=36_525,
                example="365",
            ),
            Column("document_file", "text", "文件名", "file name of the document's text"),
            Column("document_sha256", "text", "文件校验值", "SHA-256 of that file"),
            Column("address", "text", "网址", "web address"),
            _NOTE,
        ),
        essential=True,
    ),
    Table(
        "plans",
        "规划",
        "a plan in this folder",
        ("id",),
        (
            _id("规划编号", "plan id", "demo"),
            Column("title_zh", "text", "标题", "title in Chinese", required=True),
            Column("title_en", "text", "英文标题", "title in English"),
            Column("short_zh", "text", "简称", "short title in Chinese"),
            Column("short_en", "text", "英文简称", "short title in English"),
            Column("year_start", "year", "起始年", "first year", required=True, example="2021"),
            Column("year_end", "year", "终止年", "last year", required=True, example="2025"),
            Column("base_year", "year", "基期年", "base year", example="2020"),
            Column(
                "boundaries_on",
                "date",
                "区划日期",
                "date whose district boundaries the plan's names refer to",
                required=True,
                example="2021-05-01",
            ),
            Column(
                "district_codes",
                "list",
                "覆盖区县",
                "districts it covers; empty: all",
                references="districts",
                example="330109",
            ),
            *CITATION,
        ),
        essential=True,
    ),
    Table(
        "sectors",
        "产业",
        "a sector of one plan's taxonomy",
        ("id",),
        (
            _id("产业编号", "sector id", "demo-robots"),
            _PLAN,
            *_names("产业", "sector"),
            Column("short_zh", "text", "简称", "short name in Chinese"),
            Column("short_en", "text", "英文简称", "short name in English"),
            Column("tier_zh", "text", "层级", "tier in Chinese", example="千亿级"),
            Column("tier_en", "text", "层级英文", "tier in English", example="100-billion class"),
            _ORDER,
            Column("colour", "colour", "颜色", "colour on every page", example="#0072B2"),
            *CITATION,
        ),
        essential=True,
    ),
    Table(
        "segments",
        "细分重点",
        "a segment of a sector",
        ("id",),
        (
            _id("细分编号", "segment id", "demo-robots-arms"),
            _SECTOR,
            *_names("细分", "segment"),
            Column("focus_zh", "text", "发展重点", "focus, verbatim"),
            Column("focus_en", "text", "发展重点英文", "focus in English"),
            Column("technologies_zh", "text", "重点技术", "key technologies, verbatim"),
            Column("technologies_en", "text", "重点技术英文", "key technologies in English"),
            _ORDER,
            *CITATION,
        ),
    ),
    Table(
        "sector_links",
        "产业对照",
        "a crosswalk between two taxonomies, by sector or by project",
        ("id",),
        (
            _id("对照编号", "link id", "demo-link-1"),
            _ref("from_sector_id", "原产业", "from sector", "sectors", required=True),
            _ref(
                "project_id", "项目", "project the row is for; empty: the whole sector", "projects"
            ),
            _ref(
                "to_plan_id",
                "对照规划",
                "plan whose taxonomy is the target",
                "plans",
                required=True,
            ),
            _ref("to_sector_id", "对应产业", "to sector; empty: no counterpart", "sectors"),
            _ref("to_segment_id", "对应细分", "to segment", "segments"),
            Column(
                "share",
                "number",
                "份额",
                "share of the project or sector",
                required=True,
                minimum=0,
                maximum=1,
                example="1",
            ),
            *CITATION,
        ),
    ),
    Table(
        "sector_areas",
        "重点区域",
        "a sector or segment × a district",
        ("sector_id", "segment_id", "district_code"),
        (
            _SECTOR,
            _SEGMENT,
            _ref(
                "district_code",
                "区县代码",
                "district code",
                "districts",
                required=True,
                example="330109",
            ),
            *CITATION,
        ),
    ),
    Table(
        "wings",
        "翼",
        "a wing or the scattered points of the layout",
        ("id",),
        (
            _id("翼编号", "wing id", "demo-south"),
            _PLAN,
            *_names("翼", "wing"),
            Column("kind", "text", "类别", "kind", required=True, vocabulary="wing_kind"),
            Column("role_zh", "text", "定位", "what it is for, verbatim"),
            Column("role_en", "text", "定位英文", "what it is for, in English"),
            Column("axis_zh", "text", "轴线", "the axis it follows"),
            Column("axis_en", "text", "轴线英文", "the axis in English"),
            Column("axis_water", "text", "轴线水系", "`name` of the axis in the waters layer"),
            _ref("axis_platform_id", "轴线平台", "the axis where it is a platform", "platforms"),
            _ORDER,
            Column("colour", "colour", "颜色", "colour on every page", example="#D9C89E"),
            *CITATION,
        ),
    ),
    Table(
        "layout",
        "空间布局",
        "a wing or district × a sector or product",
        ("id",),
        (
            _id("布局编号", "layout id", "demo-layout-1"),
            _ref("wing_id", "翼", "wing", "wings", required=True),
            _DISTRICT,
            _ref("sector_id", "产业", "sector", "sectors"),
            _ref("segment_id", "细分重点", "segment", "segments"),
            Column("product_zh", "text", "产品", "product where the plan names one"),
            Column("product_en", "text", "产品英文", "product in English"),
            Column(
                "sector_basis",
                "text",
                "产业依据",
                "basis of the sector",
                vocabulary="basis",
                example="read",
            ),
            *CITATION,
        ),
    ),
    Table(
        "platforms",
        "平台",
        "a zone, town, park, institute or other platform",
        ("id",),
        (
            _id("平台编号", "platform id", "demo-park"),
            *_names("平台", "platform"),
            Column(
                "kind",
                "text",
                "类别",
                "kind",
                required=True,
                vocabulary="platform_kind",
                example="park",
            ),
            _ref("parent_id", "上级平台", "platform it is part of", "platforms"),
            _DISTRICT,
            Column(
                "district_basis", "text", "区县依据", "basis of the district", vocabulary="basis"
            ),
            _ref("wing_id", "翼", "wing", "wings"),
            Column(
                "area_km2",
                "number",
                "规划面积",
                "planned area where the plan states one",
                unit="km²",
                minimum=0,
                example="6",
            ),
            *CITATION,
        ),
    ),
    Table(
        "platform_names",
        "平台名称",
        "a string a source uses for a platform",
        ("name_zh", "source_id"),
        (
            _ref("platform_id", "平台", "platform", "platforms", required=True),
            Column("name_zh", "text", "名称", "the string", required=True),
            Column(
                "name_basis",
                "text",
                "归并依据",
                "basis of the join",
                required=True,
                vocabulary="name_basis",
            ),
            *CITATION,
        ),
    ),
    Table(
        "platform_sectors",
        "平台产业",
        "what a platform is for",
        ("platform_id", "sector_id", "segment_id", "role"),
        (
            _ref("platform_id", "平台", "platform", "platforms", required=True),
            _SECTOR,
            _SEGMENT,
            Column("role", "text", "角色", "role", required=True, vocabulary="platform_role"),
            *CITATION,
        ),
    ),
    Table(
        "platform_firms",
        "平台企业",
        "a firm named in a platform",
        ("platform_id", "enterprise_id", "role"),
        (
            _ref("platform_id", "平台", "platform", "platforms", required=True),
            _ref("enterprise_id", "企业", "firm", "enterprises", required=True),
            Column("role", "text", "角色", "role", required=True, vocabulary="firm_role"),
            *CITATION,
        ),
    ),
    Table(
        "enterprises",
        "企业",
        "a firm",
        ("id",),
        (
            _id("企业编号", "firm id", "demo-firm"),
            *_names("企业", "firm"),
            Column("short_zh", "text", "简称", "short name in Chinese"),
            _ref("parent_id", "上级企业", "group it belongs to", "enterprises"),
            *CITATION,
        ),
    ),
    Table(
        "enterprise_names",
        "企业名称",
        "a string a source uses for a firm",
        ("name_zh", "source_id"),
        (
            _ref("enterprise_id", "企业", "firm", "enterprises", required=True),
            Column("name_zh", "text", "名称", "the string", required=True),
            Column(
                "name_basis",
                "text",
                "归并依据",
                "basis of the join",
                required=True,
                vocabulary="name_basis",
            ),
            *CITATION,
        ),
    ),
    Table(
        "sector_firms",
        "产业企业",
        "a firm named for a sector or segment",
        ("sector_id", "segment_id", "enterprise_id", "role"),
        (
            _SECTOR,
            _SEGMENT,
            _ref("enterprise_id", "企业", "firm", "enterprises", required=True),
            Column("role", "text", "角色", "role", required=True, vocabulary="firm_role"),
            Column("direction_zh", "text", "培育方向", "direction of fostering"),
            Column("direction_en", "text", "培育方向英文", "direction in English"),
            _ORDER,
            *CITATION,
        ),
    ),
    Table(
        "projects",
        "投资项目",
        "an investment project",
        ("id",),
        (
            _id("项目编号", "project id", "demo-project-1"),
            _ref("enterprise_id", "企业", "firm", "enterprises", required=True),
            _SECTOR,
            *_names("项目", "project"),
            Column(
                "investment_wanyuan",
                "integer",
                "计划总投资",
                "planned investment",
                required=True,
                unit="万元",
                minimum=0,
                example="30000",
            ),
            Column("year_start", "year", "起始年", "first year", required=True, example="2017"),
            Column("year_end", "year", "终止年", "last year", required=True, example="2019"),
            _ref("platform_id", "平台", "platform", "platforms"),
            Column(
                "platform_basis", "text", "平台依据", "basis of the platform", vocabulary="basis"
            ),
            Column("platform_note", "text", "平台说明", "why this platform"),
            _ORDER,
            *CITATION,
        ),
    ),
    Table(
        "locations",
        "位置",
        "where a platform, firm, project or hub is said to be",
        ("subject_kind", "subject_id"),
        (
            Column(
                "subject_kind",
                "text",
                "对象类别",
                "kind of subject",
                required=True,
                vocabulary="subject_kind",
                example="platforms",
            ),
            _ref("subject_id", "对象", "subject", "subject_kind", required=True),
            Column("place_zh", "text", "地点", "place or address as said"),
            Column("township_zh", "text", "镇街", "town or subdistrict"),
            _DISTRICT,
            Column(
                "as_of",
                "date",
                "区划日期",
                "date whose district boundaries are meant",
                example="2021-05-01",
            ),
            Column(
                "lon",
                "number",
                "经度",
                "longitude, WGS 84",
                unit="°",
                minimum=-180,
                maximum=180,
                example="120.25",
            ),
            Column(
                "lat",
                "number",
                "纬度",
                "latitude, WGS 84",
                unit="°",
                minimum=-90,
                maximum=90,
                example="30.25",
            ),
            Column(
                "precision",
                "text",
                "精度级别",
                "precision class",
                required=True,
                vocabulary="precision",
                example="platform",
            ),
            Column(
                "accuracy_m",
                "number",
                "精度半径",
                "radius within which it lies",
                unit="m",
                minimum=0,
                example="2000",
            ),
            Column("coordinate_note", "text", "坐标来历", "how the coordinate was got"),
            *CITATION,
        ),
    ),
    Table(
        "chain_gaps",
        "产业链短板",
        "a missing link of a sector's chain",
        ("sector_id", "item_zh"),
        (
            _SECTOR,
            Column("item_zh", "text", "短板", "missing link", required=True),
            Column("item_en", "text", "短板英文", "missing link in English"),
            _ORDER,
            *CITATION,
        ),
    ),
    Table(
        "indicators",
        "指标",
        "one figure for one subject and one year",
        ("id",),
        (
            _id("指标编号", "figure id", "demo-output-2025"),
            _PLAN,
            Column(
                "subject_kind",
                "text",
                "对象类别",
                "kind of subject",
                required=True,
                vocabulary="subject_kind",
                example="sectors",
            ),
            _ref("subject_id", "对象", "subject", "subject_kind", required=True),
            Column("measure", "id", "指标代号", "measure", required=True, example="output"),
            Column(
                "measure_zh",
                "text",
                "指标名称",
                "measure in Chinese",
                required=True,
                example="产值",
            ),
            Column("measure_en", "text", "指标英文名", "measure in English", example="output"),
            Column(
                "kind",
                "text",
                "数值类型",
                "kind of figure",
                required=True,
                vocabulary="figure_kind",
                example="level",
            ),
            Column(
                "status",
                "text",
                "状态",
                "observed or target",
                required=True,
                vocabulary="status",
                example="target",
            ),
            Column(
                "operator",
                "text",
                "关系",
                "operator",
                required=True,
                vocabulary="operator",
                example="ge",
            ),
            Column(
                "value",
                "number",
                "数值",
                "value (lower end of a range)",
                required=True,
                example="1500",
            ),
            Column("value_high", "number", "上限", "upper end of a range"),
            Column("unit", "text", "单位", "unit", required=True, example="亿元"),
            Column("year_start", "year", "起始年", "first year of a period", example="2021"),
            Column(
                "year", "year", "年份", "year (last of a period)", required=True, example="2025"
            ),
            Column(
                "base_year",
                "year",
                "基期年",
                "base year where the figure is relative",
                example="2020",
            ),
            Column("base_zh", "text", "基数", "the base in the plan's words"),
            _ref(
                "base_id",
                "基数指标",
                "the figure it is relative to, where the plan says",
                "indicators",
            ),
            Column(
                "counted",
                "text",
                "计数对象",
                "rows an announced count speaks of: table?column=value&…",
                example="projects?sector_id=demo-robots",
            ),
            *CITATION,
        ),
    ),
    Table(
        "measures",
        "举措",
        "an initiative, safeguard or path of action",
        ("id",),
        (
            _id("举措编号", "measure id", "demo-measure-1"),
            _PLAN,
            _ref("sector_id", "产业", "sector", "sectors"),
            Column("kind", "text", "类别", "kind", required=True, vocabulary="measure_kind"),
            _ref("parent_id", "上级举措", "measure it is part of", "measures"),
            Column("title_zh", "text", "标题", "title", required=True),
            Column("title_en", "text", "英文标题", "title in English"),
            Column(
                "responsible_zh",
                "list",
                "责任单位",
                "responsible units",
                example="区经信局|区科技局",
            ),
            Column("responsible_en", "list", "责任单位英文", "responsible units in English"),
            _ORDER,
            *CITATION,
        ),
    ),
    Table(
        "hubs",
        "交通枢纽",
        "an airport, station, port or toll plaza",
        ("id",),
        (
            _id("枢纽编号", "hub id", "demo-airport"),
            *_names("枢纽", "hub"),
            Column("kind", "text", "类别", "kind", required=True, vocabulary="hub_kind"),
            *CITATION,
        ),
    ),
    Table(
        "criteria",
        "选址准则",
        "a default criterion of site selection",
        ("id",),
        (
            _id("准则编号", "criterion id", "sector_named"),
            *_names("准则", "criterion"),
            Column("weight", "number", "权重", "weight", required=True, minimum=0, example="0.2"),
            Column(
                "value_points",
                "list",
                "价值函数",
                "value function: measure:score pairs",
                required=True,
                example="0:0|10:1",
            ),
            Column(
                "params",
                "list",
                "参数",
                "parameters of the measure: name=number",
                example="radius_m=5000",
            ),
            *CITATION,
        ),
    ),
    Table(
        "rules",
        "硬性规则",
        "a hard rule of site selection",
        ("id",),
        (
            _id("规则编号", "rule id", "not-in-water"),
            *_names("规则", "rule"),
            Column("effect", "text", "作用", "effect", required=True, vocabulary="rule_effect"),
            Column(
                "measure",
                "text",
                "量度",
                "what is measured",
                required=True,
                vocabulary="rule_measure",
                example="attribute",
            ),
            Column("layer", "text", "图层", "layer it is measured to", example="waters"),
            Column(
                "where",
                "text",
                "要素条件",
                "condition on the features of the layer",
                example="kind = river",
            ),
            Column(
                "condition",
                "text",
                "属性条件",
                "condition on the site, where an attribute is measured",
                example="kind in institute|building",
            ),
            Column("least", "number", "下限", "least measured value, in the unit of the measure"),
            Column("most", "number", "上限", "most measured value, in the unit of the measure"),
            Column(
                "scope",
                "text",
                "适用范围",
                "condition on site and project under which the rule applies; empty: always",
                example="candidate in parcel|grid",
            ),
            Column("exceptions", "text", "例外", "condition under which it does not apply"),
            Column(
                "overrides",
                "list",
                "替代规则",
                "general rules that this one replaces within its scope",
                references="rules",
            ),
            Column("clause_zh", "text", "条款", "clause"),
            *CITATION,
        ),
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in _TABLES}
"""Table name → declaration, in the order of the data dictionary."""

PRECISION_LIMIT_M: Mapping[str, float] = {
    "exact": 50.0,
    "street": 600.0,
    "platform": 5_000.0,
    "town": 10_000.0,
}
"""Largest accuracy radius a precision class may claim; coarser classes carry no point."""
