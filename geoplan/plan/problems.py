"""What a check can find: one record per fault, with the remedy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]
Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Kind:
    """A kind of problem: severity, and the sentence in both languages."""

    severity: Severity
    zh: str
    en: str


KINDS: Mapping[str, Kind] = {
    "meta.missing": Kind(
        "error",
        "plan.toml 缺少“{key}”。请补上，例如 {example}。",
        "plan.toml has no “{key}”. Add it, for example {example}.",
    ),
    "meta.wrong": Kind(
        "error",
        "plan.toml 的“{key}”为 {value}，无法使用：{reason}。例如 {example}。",
        "“{key}” in plan.toml is {value} and cannot be used: {reason}. For example {example}.",
    ),
    "table.missing": Kind(
        "error",
        "缺少这张表。请从 `geoplan init` 生成的同名空表开始填写。",
        "This table is missing. Start from the empty one that `geoplan init` writes.",
    ),
    "table.unknown": Kind(
        "warning",
        "这个文件不是数据字典中的表，未被读取。请改名或移出 data/；`geoplan schema` 列出全部表名。",
        "Not a table of the data dictionary; it was not read. Rename it or move it out of data/; "
        "`geoplan schema` lists the tables.",
    ),
    "table.unreadable": Kind(
        "error",
        "无法作为 CSV 读取：{reason}。请另存为“CSV UTF-8(逗号分隔)”。",
        "Cannot be read as CSV: {reason}. Save it again as “CSV UTF-8 (comma delimited)”.",
    ),
    "encoding.wrong": Kind(
        "error",
        "编码是 {found}，不是 UTF-8 或 GB18030，内容未读入。请另存为 UTF-8。",
        "The encoding is {found}, neither UTF-8 nor GB18030; nothing was read. Save it as UTF-8.",
    ),
    "encoding.garbled": Kind(
        "error",
        "文字是乱码：“{value}”{meant}。请用正确编码重新导出该文件。",
        "The text is garbled: “{value}”{meant}. Export the file again in its right encoding.",
    ),
    "header.missing": Kind(
        "error",
        "缺少列“{column}”({title})。请加上该列；没有内容可留空。",
        "Column “{column}” ({title}) is missing. Add it; cells may stay empty.",
    ),
    "header.unknown": Kind(
        "error",
        "“{column}”不是本表的列，未被读取{hint}。请更名或删除。",
        "“{column}” is not a column of this table and was not read{hint}. Rename or remove it.",
    ),
    "header.duplicate": Kind(
        "error",
        "列“{column}”出现了不止一次，只读了第一个。请删除多余的列。",
        "Column “{column}” occurs more than once; only the first was read. Remove the others.",
    ),
    "row.ragged": Kind(
        "error",
        "本行有 {found} 格，表头有 {expected} 格。请检查逗号与引号。",
        "The row has {found} cells, the header {expected}. Check commas and quotation marks.",
    ),
    "value.required": Kind(
        "error", "此格不能为空，请填写。{hint}", "This cell must not be empty; fill it. {hint}"
    ),
    "value.type": Kind(
        "error",
        "“{value}”不是{expected}。{hint}",
        "“{value}” is not {expected}. {hint}",
    ),
    "value.vocabulary": Kind(
        "error",
        "“{value}”不在允许值中。请从中选用：{choices}。",
        "“{value}” is not an allowed value. Use one of: {choices}.",
    ),
    "value.negative": Kind(
        "error",
        "{value} 是负数。请核对原文后改为不小于 0 的数。",
        "{value} is negative. Check the document and write a number of 0 or more.",
    ),
    "value.range": Kind(
        "error",
        "{value} 超出允许范围 {minimum}–{maximum}。请核对单位与小数点。",
        "{value} is outside {minimum}–{maximum}. Check the unit and the decimal point.",
    ),
    "key.duplicate": Kind(
        "error",
        "主键“{value}”与第 {first} 行重复。请改为唯一的编号，或合并两行。",
        "The key “{value}” is already used in row {first}. Make it unique or merge the rows.",
    ),
    "key.dangling": Kind(
        "error",
        "{table} 中没有“{value}”{hint}。请改正编号，或在该表中补上一行。",
        "There is no “{value}” in {table}{hint}. Correct it, or add the row to that table.",
    ),
    "key.vintage": Kind(
        "error",
        "区县代码“{value}”在 {day} 不存在(见 {layer})。请改用当时的代码，或改正日期。",
        "The district code “{value}” did not exist on {day} (see {layer}). Use the code of that "
        "day, or correct the day.",
    ),
    "key.cycle": Kind(
        "error",
        "上级关系成环：“{value}”是自己的上级。请改正 {column}。",
        "“{value}” is its own ancestor. Correct {column}.",
    ),
    "source.unknown": Kind(
        "error",
        "来源“{value}”未登记。请在 data/sources.csv 中补上，或改正编号。",
        "The source “{value}” is not registered. Add it to data/sources.csv or correct the id.",
    ),
    "quote.long": Kind(
        "error",
        "引句有 {found} 字，最多 {limit} 字。请只保留支持本行的那一段。",
        "The quote has {found} characters, at most {limit} are allowed. Keep the part that "
        "supports this row.",
    ),
    "quote.missing": Kind(
        "error",
        "来源是文件，却没有引句。请抄录原文中支持本行的一句。",
        "The source is a document but there is no quote. Copy the words that support this row.",
    ),
    "quote.not_found": Kind(
        "error",
        "原文中找不到这句引文：“{value}”。请逐字核对。",
        "These words are not in the document: “{value}”. Compare them letter by letter.",
    ),
    "locus.missing": Kind(
        "error",
        "来源是文件，却没有标题路径。请写出所在标题。",
        "The source is a document but the heading path is empty. Write the headings.",
    ),
    "note.missing": Kind(
        "error",
        "依据为“推断”，却没有说明理由。请在 note 中写明。",
        "The basis is “inferred” but nothing says why. Write the reason into note.",
    ),
    "document.missing": Kind(
        "warning",
        "在 {folder} 中没有来源文件“{value}”，其引句未核对。",
        "The document “{value}” is not in {folder}; its quotes were not verified.",
    ),
    "document.changed": Kind(
        "warning",
        "文件“{value}”与建库时的校验值不同，可能是另一版本。",
        "The document “{value}” differs from the one the plan was made from (checksum).",
    ),
    "years.reversed": Kind(
        "error",
        "起始年 {start} 晚于终止年 {end}。请对调或核对原文。",
        "The first year {start} is after the last year {end}. Swap them or check the document.",
    ),
    "years.outside_period": Kind(
        "warning",
        "{start}–{end} 年超出“{title}”的规划期 {first}–{last}。请核对原文；属实则按年统计时注意。",
        "{start}–{end} is outside the period {first}–{last} of “{title}”. Check the document; if "
        "it is true, mind it where years are compared.",
    ),
    "range.reversed": Kind(
        "error",
        "下限 {low} 大于上限 {high}。请对调。",
        "The lower end {low} is above the upper end {high}. Swap them.",
    ),
    "share.not_one": Kind(
        "error",
        "“{value}”的份额合计为 {found}，应为 1。请调整 share。",
        "The shares of “{value}” add up to {found}, not 1. Adjust share.",
    ),
    "counted.unreadable": Kind(
        "error",
        "“{value}”不是可数的对象：{reason}。写法：表名?列=值。",
        "“{value}” cannot be counted: {reason}. Write: table?column=value.",
    ),
    "plan.ended": Kind(
        "warning",
        "“{title}”的规划期已于 {year} 年末结束。使用其目标时请说明。",
        "The period of “{title}” ended with {year}. Say so where its targets are used.",
    ),
    "freshness.passed": Kind(
        "warning",
        "“{title}”承诺在 {days} 天内保持有效，已过期 {over} 天。请更新，或在使用时说明。",
        "“{title}” promised to be fresh for {days} days and is {over} days past it. Update it, "
        "or say so where it is used.",
    ),
    "location.half": Kind(
        "error",
        "只有经度或只有纬度。请补全，或两格都清空。",
        "Only one of longitude and latitude is given. Complete it or clear both.",
    ),
    "location.swapped": Kind(
        "error",
        "经度 {lon}、纬度 {lat} 像是写反了。请对调 lon 与 lat。",
        "Longitude {lon} and latitude {lat} look swapped. Exchange lon and lat.",
    ),
    "location.outside_extent": Kind(
        "error",
        "点({lon}, {lat})在规划范围之外。请核对坐标，或改 plan.toml 的 extent。",
        "The point ({lon}, {lat}) is outside the plan's extent. Check it, or extent in plan.toml.",
    ),
    "location.outside_district": Kind(
        "error",
        "点在所称区县 {code} 之外 {distance} 米，超出精度半径 {accuracy} 米。请核对坐标、区县"
        "或坐标系(GCJ-02 会偏约 500 米)。",
        "The point lies {distance} m outside the district {code} it claims, more than its "
        "accuracy of {accuracy} m. Check the point, the district, or the datum (GCJ-02 is "
        "about 500 m off).",
    ),
    "location.datum": Kind(
        "error",
        "{count} 个点整体偏移约 {offset} 米，方向与 {datum} 相符。请先由 {datum} 转为 WGS 84。",
        "{count} points are off by a coherent {offset} m, just as {datum} is. Convert them from "
        "{datum} to WGS 84.",
    ),
    "location.false_precision": Kind(
        "error",
        "精度半径 {accuracy} 米，不能称“{precision}”(上限 {limit} 米)。请改用更粗的级别。",
        "An accuracy of {accuracy} m cannot be called “{precision}” (at most {limit} m). Use a "
        "coarser class.",
    ),
    "location.point_for_area": Kind(
        "error",
        "级别“{precision}”不应有坐标：只知区县的位置不是一个点。请清空坐标或提供更细的级别。",
        "A location of class “{precision}” must not have coordinates: it is no point. Clear them "
        "or give a finer class with its evidence.",
    ),
    "location.no_point": Kind(
        "error",
        "级别“{precision}”需要坐标。请补上 lon 与 lat，或改用更粗的级别。",
        "Class “{precision}” needs coordinates. Give lon and lat or use a coarser class.",
    ),
    "location.no_accuracy": Kind(
        "error",
        "有坐标却没有精度半径。请填写 accuracy_m。",
        "There are coordinates but no accuracy. Fill accuracy_m.",
    ),
    "layer.no_districts": Kind(
        "error",
        '表中用了区县代码，但没有区县图层。请把区县边界放入 layers/，说明文件写 role = "districts"。',
        "The tables use district codes but there is no district layer. Put the boundaries into "
        'layers/ with role = "districts" in the sidecar.',
    ),
    "layer.unreadable": Kind(
        "error",
        "无法作为 GeoJSON 读取：{reason}。请重新导出。",
        "Cannot be read as GeoJSON: {reason}. Export it again.",
    ),
    "layer.no_sidecar": Kind(
        "error",
        "缺少说明文件 {sidecar}(标题、来源、许可、坐标系…)，暂按 WGS 84 读取。请补上。",
        "The sidecar {sidecar} (title, source, licence, datum …) is missing; WGS 84 was assumed. "
        "Add it.",
    ),
    "sidecar.orphan": Kind(
        "warning",
        "有说明文件而没有图层 {layer}。请补上图层或删除说明文件。",
        "There is a sidecar but no layer {layer}. Add the layer or remove the sidecar.",
    ),
    "sidecar.unreadable": Kind(
        "error",
        "不是有效的 TOML：{reason}。请改正。",
        "Not valid TOML: {reason}. Correct it.",
    ),
    "sidecar.missing": Kind(
        "error",
        "缺少“{key}”。请补上，例如 {example}。",
        "“{key}” is missing. Add it, for example {example}.",
    ),
    "sidecar.wrong": Kind(
        "error",
        "“{key}”为 {value}，无法使用。请用：{expected}。",
        "“{key}” is {value} and cannot be used. Use: {expected}.",
    ),
    "layer.no_crs": Kind(
        "error",
        "没有声明坐标系(datum)，暂按 WGS 84 读取。请在说明文件中写明：{choices}。",
        "The datum is not declared; WGS 84 was assumed. State it in the sidecar: {choices}.",
    ),
    "layer.crs_member": Kind(
        "error",
        "文件自带的 crs 成员为“{value}”，与说明文件的 datum = “{datum}”不符。GeoJSON(RFC 7946)"
        "只用经纬度；请转换后重新导出，不带 crs 成员。",
        "The file's own crs member says “{value}”, the sidecar datum = “{datum}”. GeoJSON "
        "(RFC 7946) is longitude and latitude only; convert it and export it without a crs member.",
    ),
    "layer.empty_geometry": Kind(
        "error", "要素没有图形。请补画或删除。", "The feature has no geometry. Draw or delete it."
    ),
    "layer.invalid_geometry": Kind(
        "error",
        "图形无效：{reason}。请在 GIS 中修复(Fix geometries)。",
        "The geometry is invalid: {reason}. Repair it in a GIS (Fix geometries).",
    ),
    "layer.overlap": Kind(
        "error",
        "与“{other}”重叠 {area} km²。请修正共用边界。",
        "Overlaps “{other}” by {area} km². Correct the shared boundary.",
    ),
    "layer.gap": Kind(
        "error",
        "各面之间有空洞，{area} km²，位于经度 {lon}、纬度 {lat}。请修补。",
        "There is a hole of {area} km² between the areas near longitude {lon}, latitude {lat}. "
        "Close it.",
    ),
    "layer.key_missing": Kind(
        "error", "要素没有键“{column}”。请补上。", "The feature has no key “{column}”. Give it one."
    ),
    "layer.key_duplicate": Kind(
        "error",
        "键“{value}”与第 {first} 个要素重复。请改为唯一值。",
        "The key “{value}” is already used by feature {first}. Make it unique.",
    ),
    "layer.swapped": Kind(
        "error",
        "坐标顺序像是 纬度,经度。GeoJSON 要求 经度,纬度；请对调。",
        "The coordinates look like latitude, longitude. GeoJSON wants longitude, latitude.",
    ),
    "layer.outside_extent": Kind(
        "error",
        "图层全部在规划范围之外{hint}。请核对坐标系，或 plan.toml 的 extent。",
        "The whole layer is outside the plan's extent{hint}. Check its CRS, or extent in "
        "plan.toml.",
    ),
    "site.unusable": Kind(
        "error", "选址用不了这一行：{said}", "Site selection cannot use it. {said}"
    ),
    "layer.datum": Kind(
        "error",
        "整层偏移约 {offset} 米(对照：{reference})，方向与 {datum} 相符。请在说明文件中声明 "
        'datum = "{datum}"，或转为 WGS 84。',
        "The layer is off by a coherent {offset} m (against {reference}), just as {datum} is. "
        'Declare datum = "{datum}" in its sidecar, or convert it to WGS 84.',
    ),
}
"""Problem code → severity and sentence."""


@dataclass(frozen=True)
class Problem:
    """One fault: where it is, what it is, what to do.

    ``row`` counts as a spreadsheet does (the header is row 1; in a layer the
    first feature is 1). 0 means the whole file.
    """

    code: str
    file: str
    row: int = 0
    column: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """``error``: the plan must be mended. ``warning``: a true statement to know."""
        return KINDS[self.code].severity

    def message(self, language: Language = "en") -> str:
        """The sentence, with the remedy."""
        kind = KINDS[self.code]
        values = {
            name: value[language] if isinstance(value, Both) else value
            for name, value in self.details.items()
        }
        return (kind.zh if language == "zh" else kind.en).format_map(values).strip()

    def place(self, language: Language = "en") -> str:
        """File, row and column as one phrase."""
        row, column = ("第 {} 行", "列 {}") if language == "zh" else ("row {}", "{}")
        parts = [self.file]
        if self.row:
            parts.append(row.format(self.row))
        if self.column:
            parts.append(column.format(self.column))
        return ("，" if language == "zh" else ", ").join(parts)


@dataclass(frozen=True)
class Both:
    """A phrase that differs by language."""

    zh: str
    en: str

    def __getitem__(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


NOTHING = Both("", "")
