"""Every sentence of an import, in both languages: what is the matter, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    """A reason and its remedy."""

    zh: str
    en: str
    do_zh: str = ""
    do_en: str = ""


_FILES: Mapping[str, Sentence] = {
    "file.missing": Sentence("没有这个文件。", "There is no such file.", "请核对路径。", "Check the path."),
    "file.empty": Sentence("文件是空的。", "The file is empty.", "请重新导出。", "Export it again."),
    "file.large": Sentence(
        "文件有 {found}，上限 {limit}。", "The file has {found}; at most {limit} are read.",
        "请拆分文件，或只保留需要的内容。", "Split it, or keep only what is needed.",
    ),
    "file.unknown": Sentence(
        "认不出文件格式。", "The format of the file is not recognised.",
        "可导入：{known}。", "These can be imported: {known}.",
    ),
    "file.not_what_it_says": Sentence(
        "扩展名是 {suffix}，内容却是{found}。", "The name ends in {suffix}, but inside is {found}.",
        "请用原软件另存为{better}。", "Save it again as {better} in the program it came from.",
    ),
    "file.damaged": Sentence(
        "文件已损坏或不完整：{reason}。", "The file is damaged or incomplete: {reason}.",
        "请重新导出或重新传输。", "Export or transfer it again.",
    ),
    "file.encrypted": Sentence(
        "文件有密码保护。", "The file is protected by a password.",
        "请去掉密码后再导入。", "Remove the password first.",
    ),
    "xml.dtd": Sentence(
        "文件内的 {part} 含有 DTD 或实体声明，出于安全不予读取。",
        "{part} inside the file declares a DTD or entities; for safety it is not read.",
        "请用 Excel、WPS 或 GIS 软件另存一次。", "Save it again with a spreadsheet or GIS program.",
    ),
    "zip.path": Sentence(
        "压缩包内的“{name}”指向包外。", "“{name}” in the archive points outside of it.",
        "请重新打包，只放入需要的文件。", "Pack again with only the files needed.",
    ),
    "zip.link": Sentence(
        "压缩包内的“{name}”是符号链接。", "“{name}” in the archive is a symbolic link.",
        "请放入文件本身。", "Pack the file itself.",
    ),
    "zip.nested": Sentence(
        "压缩包内还有压缩包“{name}”。", "There is an archive inside the archive: “{name}”.",
        "请解开后直接导入里面的文件。", "Unpack it and import the inner file.",
    ),
    "zip.count": Sentence(
        "压缩包内有 {found} 个文件，上限 {limit}。",
        "The archive holds {found} files; at most {limit} are read.",
        "请只放入需要的文件。", "Pack only the files needed.",
    ),
    "zip.total": Sentence(
        "压缩包解开后超过 {limit}。", "Unpacked, the archive has more than {limit}.",
        "请拆分后导入。", "Split it.",
    ),
    "zip.ratio": Sentence(
        "压缩包内的“{name}”压缩比达 {found} 倍，像是压缩炸弹。",
        "“{name}” in the archive is compressed {found} times, as a zip bomb is.",
        "请用常用软件重新保存该文件。", "Save the file again with a usual program.",
    ),
    "zip.encrypted": Sentence(
        "压缩包内的“{name}”已加密。", "“{name}” in the archive is encrypted.",
        "请去掉密码后重新打包。", "Pack again without a password.",
    ),
    "zip.twice": Sentence(
        "压缩包内有两个“{name}”。", "The archive holds “{name}” twice.",
        "请重新打包。", "Pack it again.",
    ),
    "zip.nothing": Sentence(
        "压缩包内没有可导入的文件。", "The archive holds nothing that can be imported.",
        "可导入：{known}。", "These can be imported: {known}.",
    ),
    "encoding.unknown": Sentence(
        "认不出文字编码：不是 UTF-8、UTF-16 或 GB18030。",
        "The encoding is not recognised: neither UTF-8, UTF-16 nor GB18030.",
        "请另存为 UTF-8，或用 encoding 指明。", "Save it as UTF-8, or say encoding.",
    ),
    "encoding.found": Sentence(
        "文字按 {encoding} 读取，例如“{sample}”{other}。",
        "The text was read as {encoding}, for example “{sample}”{other}.",
        "如是乱码，请改答 encoding。", "If it is garbled, answer encoding differently.",
    ),
    "encoding.cpg_wrong": Sentence(
        ".cpg 声明 {declared}，但文字实为 {encoding}，例如“{sample}”。",
        "The .cpg says {declared}, but the text is {encoding}, for example “{sample}”.",
        "已按 {encoding} 读取。", "It was read as {encoding}.",
    ),
}  # fmt: skip

_SHEETS: Mapping[str, Sentence] = {
    "sheet.none": Sentence(
        "没有含数据的工作表。", "No sheet holds data.",
        "请核对文件；隐藏的工作表要用 sheet 指明才读。",
        "Check the file; a hidden sheet is read only when named as sheet.",
    ),
    "sheet.unknown": Sentence(
        "没有名为“{name}”的工作表。", "There is no sheet “{name}”.",
        "可选：{known}。", "Choose one of {known}.",
    ),
    "sheet.rows": Sentence(
        "工作表超过 {limit} 行。", "The sheet has more than {limit} rows.",
        "请拆成几个文件分批导入，或删去无关行。", "Split it into several files, or delete the rows not needed.",
    ),
    "sheet.columns": Sentence(
        "工作表超过 {limit} 列。", "The sheet has more than {limit} columns.",
        "请删去无关列。", "Delete the columns not needed.",
    ),
    "sheet.chosen": Sentence(
        "读取了工作表“{name}”；未读：{others}。", "Read the sheet “{name}”; not read: {others}.",
        "如要读另一张，请答 sheet；同格式的几张一起读，答 *。",
        "To read another one answer sheet; to read all of the same form answer *.",
    ),
    "sheet.hidden": Sentence(
        "有隐藏的工作表，未读：{names}。", "There are hidden sheets, not read: {names}.",
        "如需读取，请用 sheet 指明。", "Name one as sheet to read it.",
    ),
    "rows.hidden": Sentence(
        "有 {count} 行是隐藏的，{what}：第{rows}行。", "{count} rows are hidden and {what}: {rows}.",
        "请答 hidden：take 读取，leave 不读。", "Answer hidden: take them, or leave them out.",
    ),
    "columns.hidden": Sentence(
        "有隐藏的列，也读取了：{columns}。", "There are hidden columns; they were read too: {columns}.",
    ),
    "formula.no_value": Sentence(
        "公式没有计算结果。", "The formula has no computed value.",
        "请在 Excel 或 WPS 中打开并保存一次。", "Open and save the file once in a spreadsheet program.",
    ),
    "header.none": Sentence(
        "找不到表头：没有一行能认出“{table}”的列名。",
        "No header found: no row holds known column titles of “{table}”.",
        "请补上列名，例如 {example}；或用 header 指明表头所在行。",
        "Add titles such as {example}, or say the header's row as header.",
    ),
    "header.rows": Sentence("表头在第 {first}–{last} 行。", "The header is in rows {first}–{last}."),
    "column.unread": Sentence(
        "“{title}”列没有对应的字段，未读。", "Column “{title}” has no counterpart and was not read.",
        "如需读取，请指明它是哪个字段(命令行用 --map)。", "To read it, say which field it is (--map on the command line).",
    ),
    "column.second": Sentence(
        "“{title}”列与“{taken}”列对应同一字段“{target}”，只读了后者。",
        "Columns “{title}” and “{taken}” both mean “{target}”; only the latter was read.",
        "如选错了，请指明是哪一列(命令行用 --map)。", "If not, say which one is meant (--map on the command line).",
    ),
    "column.missing": Sentence(
        "缺少必需的列“{title}”。", "The required column “{title}” is missing.",
        "请补上该列(例如 {example})；或答 {answer}，给全部行同一个值。",
        "Add it (for example {example}), or answer {answer} with one value for all rows.",
    ),
    "answer.wrong": Sentence(
        "对“{id}”的回答“{value}”不在选项中。", "“{value}” is no answer to “{id}”.",
        "可选：{known}。", "Choose one of {known}.",
    ),
    "mapping.wrong": Sentence(
        "mapping 中的“{title}”不可用：{reason}。", "“{title}” in mapping cannot be used: {reason}.",
        "可用：{known}。", "Use one of {known}.",
    ),
    "row.total": Sentence(
        "第{rows}行是合计行，未当作数据。", "Totals, not taken as data: row {rows}.",
    ),
    "row.total_differs": Sentence(
        "“{label}”写 {said}，各行相加为 {found}，相差 {gap}。",
        "“{label}” says {said}, but the rows add up to {found}: a difference of {gap}.",
        "请与来文单位核对。", "Check it with whoever sent the file.",
    ),
    "row.note": Sentence(
        "第{rows}行是说明文字，未当作数据：“{sample}”。",
        "Remarks, not taken as data: row {rows}, “{sample}”.",
    ),
    "row.header_again": Sentence(
        "第{rows}行重复了表头，已跳过。", "The header again, passed over: row {rows}.",
    ),
    "row.numbering": Sentence(
        "第{rows}行是栏次编号，已跳过。", "Row {rows} numbers the columns and was passed over.",
    ),
    "row.example": Sentence(
        "第{rows}行是模板的示例，已跳过。", "The template's example, passed over: row {rows}.",
    ),
    "row.group": Sentence(
        "第{rows}行是分组标题，其下各行据此填写“{column}”。",
        "Headings from which the rows below take “{column}”: row {rows}.",
    ),
    "row.inherited": Sentence(
        "“{title}”列有 {count} 行来自合并单元格，依据记为“承上”。",
        "{count} rows take “{title}” from a merged cell; their basis is “inherited”.",
    ),
}  # fmt: skip

_CELLS: Mapping[str, Sentence] = {
    "value.required": Sentence(
        "此格为空，而这一项必填。", "The cell is empty, but this is required.",
        "请填写，例如 {example}。", "Fill it, for example {example}.",
    ),
    "value.type": Sentence(
        "“{value}”不是{expected}。", "“{value}” is not {expected}.",
        "请改写，例如 {example}。", "Write for example {example}.",
    ),
    "value.error": Sentence(
        "单元格是公式错误“{value}”。", "The cell holds the formula error “{value}”.",
        "请改正公式或直接填数。", "Correct the formula or write the value.",
    ),
    "value.long": Sentence(
        "内容有 {found} 个字符，上限 {limit}。", "The cell has {found} characters; at most {limit} are read.",
        "请缩短。", "Shorten it.",
    ),
    "value.range": Sentence(
        "“{value}”超出允许范围({limits})。", "“{value}” is outside {limits}.",
        "请核对单位与小数点。", "Check unit and decimal point.",
    ),
    "value.interval": Sentence(
        "“{value}”是一个区间，不是一个数。", "“{value}” is a range, not one figure.",
        "请写一个数。", "Write one figure.",
    ),
    "value.currency": Sentence(
        "“{value}”不是人民币。", "“{value}” is not in yuan.",
        "请先折算为人民币。", "Convert it to yuan first.",
    ),
    "value.unit": Sentence(
        "“{value}”的单位不适合这一列。", "The unit of “{value}” does not fit this column.",
        "请用{expected}。", "Use {expected}.",
    ),
    "value.vocabulary": Sentence(
        "“{value}”不在允许值中。", "“{value}” is not an allowed value.",
        "请用：{choices}。", "Use one of: {choices}.",
    ),
    "value.rounded": Sentence(
        "“{value}”合 {exact} {unit}，已取整为 {taken}。",
        "“{value}” is {exact} {unit}; rounded to {taken}.",
    ),
    "value.unlikely": Sentence(
        "“{title}”为 {value} {unit}，是通常值的 {times} 倍。",
        "“{title}” is {value} {unit}, {times} times what is usual.",
        "请核对单位。", "Check its unit.",
    ),
    "value.tiny": Sentence(
        "“{value}”只合 {exact} {unit}，取整后为 0。", "“{value}” is only {exact} {unit}, which rounds to 0.",
        "请核对单位。", "Check its unit.",
    ),
    "value.approximate": Sentence(
        "“{value}”是约数，按 {taken} 读取，原文写入说明。",
        "“{value}” is approximate; read as {taken}, the words kept in the note.",
    ),
    "value.many": Sentence(
        "此列另有 {count} 种写法同样处理，原文写入各行说明。",
        "{count} more values of this column were treated alike; the words are in the notes.",
    ),
    "value.serial": Sentence(
        "{value} 像是日期序列号，读作 {taken}。", "{value} looks like a date serial number; read as {taken}.",
    ),
    "value.merged": Sentence(
        "一个数合并在第{rows}行之间，无法分到各行。",
        "One figure is merged over rows {rows}; it cannot be divided among them.",
        "请拆开合并单元格，逐行填写。", "Unmerge the cell and give each row its own.",
    ),
    "value.ambiguous_date": Sentence(
        "“{value}”看不出哪一年或哪一月。", "In “{value}” year and month cannot be told.",
        "请写成 2021-03-05 的形式。", "Write it as 2021-03-05.",
    ),
    "years.reversed": Sentence(
        "起始年 {start} 晚于终止年 {end}。", "The first year {start} is after the last year {end}.",
        "请核对。", "Check it.",
    ),
    "location.half": Sentence(
        "只有经度或只有纬度。", "Only one of longitude and latitude is given.",
        "请补全。", "Complete it.",
    ),
    "location.swapped": Sentence(
        "有 {count} 行的经度与纬度写反了，对调后读取。",
        "In {count} rows longitude and latitude are exchanged; they were read the other way round.",
    ),
    "location.outside": Sentence(
        "点({value})在规划范围之外，未采用。",
        "The point ({value}) is outside the plan's extent and was left out.",
        "请核对坐标与坐标系。", "Check the coordinates and their system.",
    ),
    "location.astray": Sentence(
        "点在所称的{district}之外 {distance} 米，未采用。",
        "The point lies {distance} m outside {district}, which it claims; it was left out.",
        "请核对坐标、区县或坐标系(GCJ-02 会偏约 500 米)。",
        "Check the point, the district, or the datum (GCJ-02 is about 500 m off).",
    ),
    "location.kept": Sentence(
        "“{name}”已有更精确的位置，保留原位置。", "“{name}” already has a finer location; it was kept.",
    ),
    "location.differs": Sentence(
        "“{name}”已有的位置在{known}，文件写{said}；保留原位置。",
        "“{name}” is located in {known}, the file says {said}; the location was kept.",
        "请核对。", "Check it.",
    ),
}  # fmt: skip

_NAMES: Mapping[str, Sentence] = {
    "name.unknown": Sentence(
        "“{value}”不在{table}表中。", "“{value}” is not among the {table}.",
        "请改正，或在{table}表中补上，或答 {answer}。", "Correct it, add it to that table, or answer {answer}.",
    ),
    "name.left": Sentence(
        "“{value}”不在{table}表中，此项留空(第{rows}行)。",
        "“{value}” is not among the {table}; left empty (rows {rows}).",
        "如应有对应，请答 {answer}。", "If it has a counterpart, answer {answer}.",
    ),
    "name.waiting": Sentence(
        "“{value}”待确认。", "“{value}” is to be confirmed.",
        "请答 {answer}。", "Answer {answer}.",
    ),
    "name.other_plan": Sentence(
        "“{value}”属于“{plan}”的产业分类，其他行属于“{usual}”；按对照表相当于{counterpart}。",
        "“{value}” is of the taxonomy of “{plan}”, other rows are of “{usual}”; its counterpart "
        "there is {counterpart}.",
        "如要换用，请答 {answer}。", "To use that one answer {answer}.",
    ),
    "row.duplicate": Sentence("与第 {first} 行完全相同，只取一次。", "The same as row {first}; taken once."),
    "key.twice": Sentence(
        "键“{value}”出现了两次，只取第一个。", "The key “{value}” occurs twice; the first was taken.",
        "请改为唯一值。", "Make it unique.",
    ),
    "row.contradicts": Sentence(
        "与第 {first} 行是同一对象，但“{title}”不同：{one} 与 {other}。",
        "The same thing as row {first}, but “{title}” differs: {one} and {other}.",
        "请合并两行，或用编号、名称区分。", "Merge the rows, or tell them apart by id or name.",
    ),
    "row.ambiguous": Sentence(
        "计划中有几条与此行同名：{ids}。", "Several rows of the plan have this name: {ids}.",
        "请加上编号列。", "Add a column with the id.",
    ),
    "row.same_name": Sentence(
        "计划中已有同名的“{name}”({id})，单位不同；按新增处理。",
        "The plan has a “{name}” already ({id}) of another firm; this one was taken as new.",
        "如是同一条，请加上编号列。", "If it is the same, add a column with its id.",
    ),
}  # fmt: skip

_PLACES: Mapping[str, Sentence] = {
    "layer.unreadable": Sentence(
        "图层无法读取：{reason}。", "The layer cannot be read: {reason}.",
        "请在 GIS 中重新导出。", "Export it again from a GIS.",
    ),
    "layer.features": Sentence(
        "图层有 {found} 个要素，上限 {limit}。", "The layer has {found} features; at most {limit} are read.",
        "请拆分。", "Split it.",
    ),
    "layer.vertices": Sentence(
        "图层有 {found} 个折点，上限 {limit}。", "The layer has {found} vertices; at most {limit} are read.",
        "请先概化或拆分。", "Simplify or split it first.",
    ),
    "layer.empty": Sentence(
        "图层没有图形。", "The layer has no geometry.",
        "请核对导出设置。", "Check how it was exported.",
    ),
    "layer.several": Sentence(
        "文件有几个图层，未读：{others}。", "The file has several layers; not read: {others}.",
        "请答 layer。", "Answer layer.",
    ),
    "layer.parts": Sentence(
        "Shapefile 缺少 {missing}。", "The shapefile lacks {missing}.",
        "请把同名的 .shp、.shx、.dbf、.prj 一起打成 zip。",
        "Zip the .shp, .shx, .dbf and .prj of the same name together.",
    ),
    "geometry.empty": Sentence("要素没有图形。", "The feature has no geometry.", "请补画。", "Draw it."),
    "geometry.not_finite": Sentence(
        "坐标不是有限的数。", "Its coordinates are not finite numbers.",
        "请重新导出。", "Export it again.",
    ),
    "geometry.mended": Sentence(
        "{count} 个图形无效，已修复(面积变化不超过 {change})：第{rows}个。",
        "{count} geometries were invalid and were mended (areas changed by {change} at most): "
        "{rows}.",
        "请在 GIS 中核对。", "Check them in a GIS.",
    ),
    "geometry.invalid": Sentence(
        "图形无效：{reason}。", "The geometry is invalid: {reason}.",
        "请在 GIS 中修复(Fix geometries)。", "Repair it in a GIS (Fix geometries).",
    ),
    "geometry.kind": Sentence(
        "图形是{found}，这里需要{wanted}。", "The geometry is {found}; {wanted} is needed.",
        "请改用相应的图层。", "Use another layer.",
    ),
    "geometry.outside": Sentence(
        "图形在规划范围之外。", "The geometry is outside the plan's extent.",
        "请核对坐标系，或从文件中删去。", "Check its CRS, or delete it from the file.",
    ),
    "crs.refused": Sentence(
        "坐标系是{name}，与 CGCS2000 之间没有公开的转换参数。",
        "Its CRS is {name}; there are no published parameters from there to CGCS2000.",
        "请向测绘部门取得 CGCS2000 成果，或用 parameters 给出七参数(dx,dy,dz,rx,ry,rz,s)。",
        "Get the data in CGCS2000 from the surveying office, or give the seven parameters as "
        "parameters (dx,dy,dz,rx,ry,rz,s).",
    ),
    "crs.local": Sentence(
        "坐标范围 {box} 不合任何已知坐标系，像是地方独立坐标。",
        "The coordinates {box} fit no known CRS; they look like a local grid.",
        "请取得 CGCS2000 成果，或用 crs 指明(EPSG 代码或 WKT)。",
        "Get the data in CGCS2000, or say crs (an EPSG code or WKT).",
    ),
    "crs.unknown": Sentence(
        "不认识坐标系“{name}”。", "The CRS “{name}” is not known.",
        "请用 EPSG 代码，例如 EPSG:4490。", "Give an EPSG code, for example EPSG:4490.",
    ),
    "crs.declared": Sentence("坐标系：{name}(文件声明)。", "CRS: {name} (declared by the file)."),
    "crs.contradicted": Sentence(
        "文件声明 {name}，但坐标 {box} 按此不在规划范围内。",
        "The file declares {name}, but read so its coordinates {box} are not in the plan's extent.",
    ),
    "datum.converted": Sentence(
        "已由 {datum} 转为 WGS 84：{evidence}", "Converted from {datum} to WGS 84: {evidence}",
    ),
    "datum.unexplained": Sentence(
        "图形整体偏移：{evidence}，不合 GCJ-02 或 BD-09；可能是北京54或西安80坐标。",
        "The layer is shifted as a whole: {evidence}, which is neither GCJ-02 nor BD-09; it may "
        "be Beijing 54 or Xi'an 80.",
        "请核实坐标系。", "Find out its CRS.",
    ),
    "datum.no_witness": Sentence(
        "没有可对照的区县或点位，无法检验是否为 GCJ-02 或 BD-09。",
        "Nothing in the plan could be compared, so GCJ-02 and BD-09 could not be excluded.",
        "请向来文单位核实。", "Ask whoever sent the file.",
    ),
    "datum.partly": Sentence(
        "只有一部分偏移：{count} 个{what}的偏移与 {datum} 相同，{in_place} 个就在原位；偏移的是：{rows}。未作换算。",
        "Only a part is shifted: {count} {what} lie as {datum} would have them, {in_place} are in "
        "their place. Shifted: {rows}. Nothing was converted.",
        "请把两部分分开，各自导入。", "Part the file and import each part by itself.",
    ),
    "datum.hinted": Sentence(
        "可能是 {datum}，但对照点太少或不够准，不能断定：{evidence}。",
        "It may be {datum}, but there are too few witnesses, or they are known too roughly, to be "
        "sure: {evidence}.",
        "请向来文单位核实；若是，请答 datum={datum}。",
        "Ask whoever sent the file; if it is, answer datum={datum}.",
    ),
    "datum.undecided": Sentence(
        "只有 {count} 个{what}可对照，精度约 {accuracy} 米，无法检验是否为 GCJ-02 或 BD-09。",
        "Only {count} {what} could be compared, known to about {accuracy} m, so GCJ-02 and BD-09 "
        "could not be excluded.",
        "请向来文单位核实。", "Ask whoever sent the file.",
    ),
    "dxf.attributes": Sentence(
        "DXF 只有图形，属性只有图层名和文字。", "DXF holds geometry only; attributes are layer names and texts.",
    ),
}  # fmt: skip

_CHANGES: Mapping[str, Sentence] = {
    "change.stale": Sentence(
        "预览之后，计划的 {files} 已被改动。", "Since the preview, {files} of the plan changed.",
        "请重新预览后再导入。", "Preview again, then import.",
    ),
    "change.questions": Sentence(
        "还有 {count} 个问题未答：{ids}。", "{count} questions are open: {ids}.",
        "请先回答；或用 partial 只写入不受影响的行。",
        "Answer them first, or write only the other rows with partial.",
    ),
    "change.errors": Sentence(
        "写入后计划会新增 {count} 个错误，未写入：{sample}。",
        "The change would add {count} errors to the plan; nothing was written: {sample}",
        "请改正文件；确要写入请用 force。", "Correct the file; to write all the same use force.",
    ),
    "change.busy": Sentence(
        "另一个人正在修改这个计划。", "Somebody else is changing this plan.",
        "请稍后再试。", "Try again in a moment.",
    ),
    "change.nothing": Sentence("没有可撤销的导入。", "There is no import to take back."),
    "change.since": Sentence(
        "那次导入之后 {files} 又被改动，不能撤销。",
        "{files} changed after that import, so it cannot be taken back.",
        "请先撤销后来的改动。", "Take the later changes back first.",
    ),
    "merge.no_base": Sentence(
        "找不到导出时的版本，无法判断是谁改的；凡与计划不同之处都列为冲突。",
        "The state at export was not found, so who changed what cannot be told; every difference "
        "is listed as a conflict.",
    ),
    "merge.deleted": Sentence(
        "文件中没有这一行，计划中有。", "The plan has this row, the file has not.",
        "删除请答 {answer}=theirs。", "To delete it answer {answer}=theirs.",
    ),
    "merge.conflict": Sentence(
        "“{id}”的“{field}”两边都改了：导出时 {base}，计划 {ours}，文件 {theirs}；保留计划的。",
        "“{field}” of “{id}” was changed on both sides: at export {base}, plan {ours}, file "
        "{theirs}; the plan's was kept.",
        "要用文件的请答 {answer}=theirs。", "To take the file's answer {answer}=theirs.",
    ),
}  # fmt: skip

SENTENCES: Mapping[str, Sentence] = {**_FILES, **_SHEETS, **_CELLS, **_NAMES, **_PLACES, **_CHANGES}
"""Code of a remark → its sentences."""
