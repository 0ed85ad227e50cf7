"""What bureaus write above a column → the field of the data dictionary that is meant."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

from geoplan.schema import CITATION_NAMES, TABLES

LOCATED = ("projects", "enterprises", "platforms", "hubs")
"""Tables whose rows may bring a location along."""

LOCATION_FIELDS = (
    "place_zh", "township_zh", "district_code", "lon", "lat", "position", "accuracy_m", "precision",
    "as_of", "coordinate_note",
)  # fmt: skip
"""Fields of ``locations`` that a row of :data:`LOCATED` may have; ``position`` is lon and lat."""

SPANNED = ("projects", "indicators", "plans")
"""Tables with a first and a last year, which ``years`` gives together."""

_OF_TABLE: Mapping[str, Mapping[str, str]] = {
    "projects": {
        "id": "项目编号 项目代码 编号 编码 代码 统一项目代码 项目id projectid",
        "name_zh": "项目名称 项目 名称 工程名称 工程项目 建设项目 建设项目名称 重点项目 重点项目名称 "
        "重大项目 重大项目名称 project projectname name",
        "investment_wanyuan": "计划总投资 总投资 总投资额 投资总额 投资额 项目总投资 计划投资 计划投资额 "
        "投资规模 投资金额 总投资估算 估算总投资 概算总投资 总投资概算 计划总投资额 拟投资额 预计总投资 "
        "预计投资 项目投资 项目投资额 项目总投资额 总投资规模 总投资金额 投资 investment "
        "totalinvestment plannedinvestment",
    },
    "enterprises": {
        "id": "企业编号 编号 编码 代码 企业代码 firmid companyid",
        "name_zh": "企业名称 企业 公司 公司名称 单位名称 名称 企业全称 单位 firm company enterprise name",
        "short_zh": "简称 企业简称 公司简称 shortname",
        "parent_id": "上级企业 母公司 所属集团 集团 parent group",
    },
    "platforms": {
        "id": "平台编号 编号 编码 代码 平台代码 platformid",
        "name_zh": "平台名称 平台 园区名称 园区 名称 小镇名称 产业平台 产业园区 platform park name",
        "kind": "类别 类型 平台类型 平台类别 性质 kind type",
        "parent_id": "上级平台 所属平台 parent",
        "area_km2": "规划面积 面积 用地面积 规划用地面积 占地面积 总面积 规划总面积 总用地面积 area "
        "plannedarea",
    },
    "hubs": {
        "id": "枢纽编号 编号 编码 代码 hubid",
        "name_zh": "枢纽名称 名称 站名 枢纽 站点 站点名称 hub name",
        "kind": "类别 类型 枢纽类型 枢纽类别 kind type",
    },
    "indicators": {
        "measure_zh": "指标名称 指标 主要指标 measure indicator",
        "value": "数值 指标值 值 目标值 现状值 value figure",
        "value_high": "上限 最高值",
        "unit": "单位 计量单位 unit",
        "year": "年份 年度 目标年 年 year",
        "status": "状态 性质 属性 status",
        "subject_id": "对象 主体 subject",
    },
    "sectors": {
        "name_zh": "产业名称 产业 行业名称 行业 名称 sector name",
        "tier_zh": "层级 能级 tier",
    },
    "segments": {"name_zh": "细分名称 细分重点 细分领域 细分产业 名称 segment name"},
    "wings": {"name_zh": "翼名称 名称 翼 name"},
    "sector_firms": {"direction_zh": "培育方向 发展方向 direction"},
    "chain_gaps": {"item_zh": "短板 短板环节 缺失环节 薄弱环节 item gap"},
    "measures": {"title_zh": "标题 举措 措施 任务 工作任务 title"},
}

_OF_ANY: Mapping[str, str] = {
    "id": "编号 编码 代码 id code",
    "enterprise_id": "企业 企业名称 公司 公司名称 建设单位 建设单位名称 业主 业主单位 项目业主 项目业主单位 "
    "投资主体 投资方 投资单位 投资企业 实施单位 实施主体 实施企业 承担单位 承担企业 项目单位 项目单位名称 "
    "申报单位 申报企业 单位名称 单位 责任企业 所属企业 项目法人 项目法人单位 法人单位 建设主体 "
    "建设单位业主 firm company enterprise investor developer owner",
    "sector_id": "产业 行业 产业类别 行业类别 所属产业 所属行业 产业领域 行业领域 所属领域 领域 产业分类 所属产业链 产业链 项目所属行业 项目所属产业 所属产业类别 "
    "行业分类 产业名称 行业名称 产业类型 行业类型 重点产业 产业门类 主导产业 产业方向 sector industry",
    "segment_id": "细分重点 细分领域 细分产业 细分行业 产业环节 环节 segment",
    "platform_id": "平台 平台名称 所在平台 所属平台 产业平台 落地平台 园区 所在园区 所属园区 园区名称 "
    "产业园 产业园区 入驻园区 建设平台 承载平台 所在产业平台 所属产业平台 落户平台 项目所在平台 项目所在园区 platform park",
    "district_code": "区县 区县市 所在区县 所属区县 所在区县市 所属区县市 县市区 县区 所在县区 区市县 所在区 "
    "所属区 属地 行政区 行政区划 行政区域 所在地区 所属地区 地区 区域 区划代码 行政区划代码 建设区县 "
    "区县代码 所在县市区 所属县市区 district districtcode county",
    "wing_id": "翼 所属翼 片区 板块 wing",
    "plan_id": "规划 所属规划 plan",
    "parent_id": "上级 parent",
    "name_zh": "名称 中文名 中文名称 name",
    "name_en": "英文名 英文名称 英文 项目英文名 企业英文名 englishname nameen nameinenglish",
    "order": "序号 序 顺序号 编次 排序 号 no sn number",
    "note": "备注 说明 备注说明 remark remarks note notes",
    "lon": "经度 东经 lon lng longitude 经度坐标 x坐标经度",
    "lat": "纬度 北纬 lat latitude 纬度坐标",
    "position": "经纬度 坐标 经纬度坐标 地理坐标 位置坐标 coordinates lonlat lnglat",
    "place_zh": "地址 地点 位置 建设地点 建设地址 项目地址 所在地 详细地址 坐落 坐落位置 项目地点 企业地址 "
    "注册地址 通讯地址 选址 项目选址 所在位置 address location place",
    "township_zh": "镇街 街道 乡镇 镇街名称 所在镇街 所属镇街 所属街道 所在街道 乡镇街道 镇街道 township town",
    "accuracy_m": "精度半径 位置精度 accuracy",
    "years": "建设年限 起止年限 建设周期 建设期 建设期限 起止年份 建设起止年限 起止年 计划建设年限 实施年限 "
    "起止时间 建设起止时间 建设时间 年限 实施期限 实施周期 计划实施年限 建设起止年份 项目周期 项目建设年限 "
    "开竣工时间 开竣工日期 开竣工年限 开完工时间 起止日期 建设起止日期 起止年月 建设起止年月 建设工期 工期 建设起止期 建设起止年 起止期限 实施时间 项目建设周期 项目建设期 period years "
    "constructionperiod",
    "year_start": "起始年 开始年份 起始年份 开工年份 开工时间 开工年 开工日期 计划开工 计划开工时间 拟开工时间 "
    "开始时间 开始年 开工 起始时间 建设起始年 开工年月 计划开工年份 起始年度 启动时间 startyear firstyear start",
    "year_end": "终止年 结束年份 终止年份 竣工年份 竣工时间 竣工年 竣工日期 完工时间 完工年份 计划竣工 "
    "计划竣工时间 建成时间 建成年份 投产时间 计划投产时间 拟竣工时间 结束时间 结束年 竣工 完成时间 完成年份 "
    "竣工年月 计划竣工年份 计划完工时间 计划建成时间 预计竣工时间 计划完工年份 完工年 完工日期 建成日期 建成年 计划建成年份 计划投产年份 投产年份 终止年度 endyear lastyear end",
}

_STARTS = frozenset(["起", "始", "开始", "起始", "开工", "自", "from", "start"])
_ENDS = frozenset(["止", "终", "结束", "终止", "竣工", "完工", "建成", "至", "to", "end"])
_NOISE = re.compile(r"[\s*★☆:：、，,。.·_\-—–/\\()（）\[\]【】《》\"'“”?？]+")
_ASIDE = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")


def title_key(text: str) -> str:
    """A column title without what does not matter: width, case, blanks, punctuation.

    Examples
    --------
    >>> title_key("＊总 投 资："), title_key("区（县、市）")
    ('总投资', '区县市')
    """
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())


@cache
def fields_by_title(table: str) -> Mapping[str, tuple[str, int]]:
    """Title key → field of the table and its rank, the best first being 0.

    A field is a column of the table, ``years`` for both years, or one of
    :data:`LOCATION_FIELDS` where a row may have a location.
    """
    found: dict[str, tuple[str, int]] = {}
    for rank, (title, field) in enumerate(_titles(table)):
        found.setdefault(title_key(title), (field, rank))
    return found


@cache
def raw_titles(table: str) -> frozenset[str]:
    """Titles of a table's columns as they are usually spelled, to find a header quickly."""
    return frozenset(title for title, _ in _titles(table))


def fields_of_table(table: str) -> tuple[str, ...]:
    """Every field that a file may give for a table."""
    fields = dict.fromkeys(TABLES[table].column_names)
    if table in SPANNED:
        fields["years"] = None
    if table in LOCATED:
        fields |= dict.fromkeys(LOCATION_FIELDS)
    return tuple(fields)


def _titles(table: str) -> Iterator[tuple[str, str]]:
    allowed = fields_of_table(table)
    for field in allowed:
        yield field, field
    for field, said in _OF_TABLE.get(table, {}).items():
        for title in said.split():
            yield title, field
    for column in (*TABLES[table].columns, *TABLES["locations"].columns):
        if column.name in allowed:
            yield column.zh, column.name
            yield column.en, column.name
    for field, said in _OF_ANY.items():
        if field in allowed:
            for title in said.split():
                yield title, field


def field_of_title(table: str, parts: tuple[str, ...]) -> tuple[str, int] | None:
    """The field that a column title of one or more lines means, and how good the match is.

    Examples
    --------
    >>> field_of_title("projects", ("建设年限", "起"))[0]
    'year_start'
    >>> field_of_title("projects", ("项目概况", "总投资"))[0]
    'investment_wanyuan'
    """
    known = fields_by_title(table)
    keys = [key for part in parts for key in [title_key(part)] if key]
    if not keys:
        return None
    group = known.get("".join(keys[:-1]))
    if len(keys) > 1 and group is not None and group[0] == "years":
        for words, field in ((_STARTS, "year_start"), (_ENDS, "year_end")):
            if keys[-1] in words:
                return field, group[1]
    whole = known.get("".join(keys))
    if whole is not None or len(keys) == 1:
        return whole or _without_aside(known, parts)
    last = known.get(keys[-1])
    if last is not None:
        return last[0], last[1] + 1000
    return None


def _without_aside(
    known: Mapping[str, tuple[str, int]], parts: tuple[str, ...]
) -> tuple[str, int] | None:
    plain = title_key(_ASIDE.sub("", unicodedata.normalize("NFKC", parts[-1])))
    found = known.get(plain) if plain else None
    return (found[0], found[1] + 500) if found is not None else None


CITED = frozenset(CITATION_NAMES)
"""Fields that say where a row was read; an import writes them itself."""
