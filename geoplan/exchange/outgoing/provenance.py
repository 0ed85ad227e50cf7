"""Where an export comes from: the plan, its sources, their dates and terms."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import pandas as pd

import geoplan
from geoplan.exchange.outgoing.dataset import Dataset
from geoplan.exchange.outgoing.outcomes import BY, density_of
from geoplan.exchange.prints.captions import SKETCH_NOTE
from geoplan.place.locate import locate
from geoplan.plan.opening import PLAN_FILE, Plan
from geoplan.plan.problems import Language
from geoplan.plan.relations import day_of

_SAID = ("title_zh", "title_en", "publisher_zh", "publisher_en", "licence", "address")


def provenance(plan: Plan, dataset: Dataset, today: date | None = None) -> dict[str, Any]:
    """What every export of a dataset says of its origin, ready for JSON.

    Parameters
    ----------
    today :
        Day of the export. Without it nothing in the answer depends on the day.

    Returns
    -------
    dict
        ``plan`` (id, titles, ``sha256`` of its files), ``dataset`` (name,
        titles, kind, rows' key, what to import
        it as), ``sources`` (each with dates, licence and
        ``fresh_until`` where it promised), ``licence``, ``as_of``,
        ``valid_from``, ``valid_to``, ``exported``, ``crs``, ``accuracy_m``,
        ``geometry_basis``, ``money`` (万元; the parts add up), notes, and the
        ``disclaimer`` in both languages; nothing that is not known.
    """
    said: dict[str, Any] = {
        "plan": {
            "id": plan.meta.id,
            "title_zh": plan.meta.title_zh,
            "title_en": plan.meta.title_en,
            "sha256": plan_hash(plan),
        },
        "dataset": {
            "name": dataset.name,
            "title_zh": dataset.title.zh,
            "title_en": dataset.title.en,
            "kind": dataset.kind,
            "key": dataset.key,
            "import_as": dataset.import_as,
        },
        "as_of": _iso(dataset.as_of),
        "valid_from": _iso(dataset.valid_from),
        "valid_to": _iso(dataset.valid_to),
        "exported": _iso(today),
        "software": f"geoplan {geoplan.__version__}",
        "licence": dataset.licence,
        "disclaimer_zh": SKETCH_NOTE.zh,
        "disclaimer_en": SKETCH_NOTE.en,
        "note_zh": dataset.note.zh,
        "note_en": dataset.note.en,
        "accuracy_m": dataset.accuracy_m,
        "geometry_basis": dataset.basis,
        "money": money_of(plan, dataset),
        "sources": sources_of(plan, dataset),
    }
    return {key: value for key, value in said.items() if value not in (None, "", {})}


def sources_of(plan: Plan, dataset: Dataset) -> list[dict[str, Any]]:
    """The sources of a dataset; one nobody registered has its id only."""
    known = plan.sources.dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    found = []
    for key in dataset.sources:
        said: dict[str, Any] = {"id": key}
        if key in known.index:
            row = known.loc[key]
            said |= {name: row[name] for name in _SAID if isinstance(row[name], str)}
            issued, accessed = day_of(row["issued"]), day_of(row["accessed"])
            said |= {"issued": _iso(issued), "accessed": _iso(accessed)}
            since = issued or accessed
            if since is not None and not pd.isna(row["freshness_days"]):
                said["fresh_until"] = _iso(since + timedelta(days=int(row["freshness_days"])))
        found.append({name: value for name, value in said.items() if value})
    return found


def money_of(plan: Plan, dataset: Dataset) -> dict[str, int]:
    """The money line of a dataset that holds planned investment, in 万元; else empty."""
    if dataset.name.startswith("density_") and dataset.kind == "result":
        by = dataset.name.removeprefix("density_")
        return asdict(density_of(plan, by).money) if by in BY else {}
    if dataset.of != "projects" or dataset.kind not in ("table", "located"):
        return {}
    money = plan.tables["projects"]["investment_wanyuan"]
    total = int(money.sum())
    if dataset.kind == "table":
        return {"total": total}
    table = plan.tables["projects"].dropna(subset=["id"]).drop_duplicates("id").set_index("id")
    has_place = locate(plan, "projects").geometry.notna().reindex(table.index)
    placed = int(table["investment_wanyuan"][has_place].sum())
    return {"placed": placed, "unplaced": total - placed, "total": total}


def title_of(said: Mapping[str, Any], language: Language) -> str:
    """Title of the dataset and of the plan."""
    return f"{said['dataset'][f'title_{language}']} · {said['plan'][f'title_{language}']}"


def summary_of(said: Mapping[str, Any], language: Language) -> str:
    """The origin as a few lines of text, for formats that hold no more."""
    zh = language == "zh"
    lines = [title_of(said, language), said[f"disclaimer_{language}"] + ("。" if zh else ".")]
    note = said.get(f"note_{language}", "")
    if note:
        lines.append(note)
    joined = "；".join if zh else "; ".join
    listed = joined(_source_line(source, language) for source in said.get("sources", ()))
    if listed:
        lines.append(("来源：" if zh else "Sources: ") + listed)
    if said.get("licence"):
        lines.append(("许可：" if zh else "Licence: ") + said["licence"])
    money = said.get("money")
    if money:
        parts = " + ".join(
            f"{_PARTS[key][not zh]} {money[key]:,}" for key in _PARTS if key in money
        )
        total = f"{money['total']:,}"
        said_money = f"{parts} = {total}" if parts else total
        lines.append(f"资金(万元)：{said_money}" if zh else f"Money (10,000 yuan): {said_money}")
    names = (said["plan"]["id"], said["plan"]["sha256"][:12], said["dataset"]["import_as"])
    identity = " ".join(names).rstrip()
    dates = [
        ("资料截至" if zh else "data as of", "as_of"),
        ("导出" if zh else "exported", "exported"),
    ]
    told = [f"{word} {said[key]}" for word, key in dates if key in said]
    lines.append(" · ".join([identity, *told, said["software"]]))
    return "\n".join(lines)


def exported_as(said: str, plan: Plan) -> str:
    """What an export of this plan is to be imported as, read from what the file says of itself.

    Parameters
    ----------
    said :
        Any text that holds an origin as JSON, or its summary.

    Returns
    -------
    str
        As :attr:`Dataset.import_as`; empty where the text is of another plan,
        names nothing, or names several.
    """
    own = re.escape(plan.meta.id)
    found = set(re.findall(rf"(?<![\w-]){own} [0-9a-f]{{12}} ([\w:.-]+)", said))
    if re.search(rf'"id\\*": ?\\*"{own}\\*"', said):
        found |= set(re.findall(r'"import_as\\*": ?\\*"([^"\\]+)', said))
    return found.pop() if len(found) == 1 else ""


_PARTS = {
    "placed": ("落位", "placed"),
    "outside": ("区外", "outside"),
    "coarser": ("仅知更粗位置", "known only more coarsely"),
    "unplaced": ("未落位", "not placed"),
}


def _source_line(source: Mapping[str, Any], language: Language) -> str:
    names = (source.get(f"title_{language}"), source.get("title_zh"), source["id"])
    when = source.get("issued") or source.get("accessed")
    title = next(str(name) for name in names if name)
    return f"{title} ({when})" if when else title


@lru_cache(maxsize=8)
def plan_hash(plan: Plan) -> str:
    """SHA-256 of the plan's files: the same for the same plan, wherever its folder is."""
    whole = hashlib.sha256()
    for path in plan_files(plan):
        name = path.relative_to(plan.folder).as_posix()
        whole.update(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n".encode())
    return whole.hexdigest()


def plan_files(plan: Plan) -> list[Any]:
    """The files a plan is made of: ``plan.toml``, tables, layers and their sidecars."""
    found = [plan.folder / PLAN_FILE, *plan.folder.glob("data/*.csv")]
    for ending in ("geojson", "toml"):
        found += plan.folder.glob(f"layers/*.{ending}")
    return sorted(path for path in found if path.is_file())


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
