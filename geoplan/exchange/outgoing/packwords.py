"""The README of a package, in Chinese and English."""

from collections.abc import Mapping, Sequence

from geoplan.exchange.outgoing.order import Part
from geoplan.exchange.outgoing.provenance import plan_hash
from geoplan.exchange.prints.captions import SKETCH_NOTE
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Language

_KINDS: Mapping[str, tuple[str, str]] = {
    "table": ("表", "table"),
    "layer": ("图层", "layer"),
    "located": ("已知位置", "located"),
    "result": ("分析结果", "result"),
}
_OPENING = {
    "zh": """## 怎么打开

- **Excel、WPS**：`formats/*.xlsx` 一本工作簿含全部表，表头带单位，末尾有字段说明与来源；`data/*.csv` 为同样的表，
  UTF-8 带 BOM，可直接双击。
- **QGIS**：把 `formats/*.gpkg` 拖进窗口，选图层，样式自动载入；`layers/`、`results/` 的 GeoJSON 旁有同名
  `.qml` 样式。坐标系：GeoPackage 为 {crs}，GeoJSON 为 WGS 84 经纬度。
- **geoplan**：解压后的文件夹就是一个规划，`geoplan check --plan 文件夹`。

以 `=`、`+`、`-`、`@` 等开头的文字，在 CSV 中前加一个撇号 `'`，以免被当作公式；去掉这个撇号就是原文。
金额单位为万元；空格表示没有数据，不是零。`dictionary.csv` 逐列说明含义、单位与取值。
""",
    "en": """## How to open it

- **Excel, WPS, LibreOffice**: `formats/*.xlsx` is a workbook of all tables, units in the headers,
  with what each column means and the sources at its end; `data/*.csv` are the same tables, UTF-8
  with a byte order mark.
- **QGIS**: drag `formats/*.gpkg` into the window and choose layers; they come with their styles.
  Beside the GeoJSON files in `layers/` and `results/` lie `.qml` styles of the same name. CRS:
  {crs} in the GeoPackage, longitude and latitude WGS 84 in GeoJSON.
- **geoplan**: the unpacked folder is a plan: `geoplan check --plan FOLDER`.

A text that begins with `=`, `+`, `-`, `@` or the like has an apostrophe `'` in front of it in a CSV,
so that it is no formula; without it, it is the text that was there. Money is in 万元 (10,000 yuan);
an empty cell is no data, not zero. `dictionary.csv` says what each column means.
""",
}


def readme(
    plan: Plan, parts: Sequence[Part], files: Sequence[tuple[str, int]], language: Language
) -> str:
    """What is in the package, how to open it, where it comes from and how fresh it is."""
    zh = language == "zh"
    title = plan.meta.title_zh if zh else plan.meta.title_en
    days = [part.dataset.as_of for part in parts if part.dataset.as_of]
    as_of = f"{max(days)}" if days else ("不详" if zh else "not known")
    software = parts[0].origin["software"] if parts else "geoplan"
    identity = f"{plan.meta.id} · sha256 {plan_hash(plan)}"
    lines = [
        f"# {title}",
        "",
        f"**{SKETCH_NOTE[language]}**",
        "",
        f"{'编号' if zh else 'Identity'}: {identity}  ",
        f"{'资料截至' if zh else 'Data as of'}: {as_of} · {software}",
        "",
        _OPENING[language].format(crs=plan.meta.analysis_crs),
        "## 内容" if zh else "## What is in it",
        "",
        *_contents(parts, language),
        "",
        "## 来源与时效" if zh else "## Sources, and how fresh they are",
        "",
        *_sources(parts, language),
        "",
        "每个数据集的许可见 `LICENCES.csv`(及 `DATA_LICENCES.md`)。"
        if zh
        else "The licence of each dataset is in `LICENCES.csv` (and `DATA_LICENCES.md`).",
        "",
        "## 文件" if zh else "## Files",
        "",
        "核对：`sha256sum -c SHA256SUMS`" if zh else "To verify: `sha256sum -c SHA256SUMS`",
        "",
        *[f"- `{name}` ({size:,} B)" for name, size in files],
        "",
    ]
    return "\n".join(lines)


def _contents(parts: Sequence[Part], language: Language) -> list[str]:
    zh = language == "zh"
    head = "| 数据集 | 名称 | 类别 | 行数 |" if zh else "| dataset | title | kind | rows |"
    rows = [
        f"| `{part.name}` | {_cell(part.dataset.title[language])} | "
        f"{_KINDS[part.dataset.kind][not zh]} | {len(part.frame):,} |"
        for part in parts
    ]
    return [head, "|---|---|---|---:|", *rows]


def _sources(parts: Sequence[Part], language: Language) -> list[str]:
    zh = language == "zh"
    every = {source["id"]: source for part in parts for source in part.origin.get("sources", ())}
    head = (
        "| 来源 | 发布 | 取得 | 保鲜至 | 许可 |"
        if zh
        else "| source | issued | accessed | fresh until | licence |"
    )
    rows = []
    for key, source in every.items():
        name = source.get(f"title_{language}") or source.get("title_zh") or key
        dates = [source.get(day, "") for day in ("issued", "accessed", "fresh_until")]
        rows.append(f"| {_cell(name)} | {' | '.join(dates)} | {_cell(source.get('licence', ''))} |")
    return [head, "|---|---|---|---|---|", *rows]


def _cell(text: str) -> str:
    """A text inside a table of Markdown, where it is text and nothing else."""
    plain = text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`")
    return " ".join(plain.split())
