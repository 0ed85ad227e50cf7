"""Whatever has a name in a plan, found by code, name, alias, or short form."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from geoplan.exchange.asking.resemblance import name_key, near
from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import TABLES

How = Literal["code", "exact", "alias", "short", "part", ""]

_ORDER: tuple[How, ...] = ("code", "exact", "alias", "short")
_ALIASES = {"enterprise_names": "enterprise_id", "platform_names": "platform_id"}
_NAMES: tuple[tuple[str, How], ...] = (
    ("name_zh", "exact"), ("title_zh", "exact"), ("measure_zh", "exact"), ("name_en", "exact"),
    ("title_en", "exact"), ("short_zh", "alias"), ("short_en", "alias"),
)  # fmt: skip
_CODED = re.compile(r"[(（\[【]\s*([A-Za-z0-9][A-Za-z0-9._-]{0,119})\s*[)）\]】]\s*$")
_IN_BRACKETS = re.compile(r"[(\[【][^()\[\]【】]*[)\]】]")
_KIND_OF_DISTRICT = re.compile(r"(?:自治县|特区|新区|林区|区|县|市|旗)$")
_ABOVE = re.compile(r"^.{2,8}?(?:省|自治区)|^.{2,6}?(?:市|地区|自治州|盟)")
_STEMS = ("战略性新兴产业", "制造业", "产业链", "产业", "行业", "领域", "业", "类")


@dataclass(frozen=True)
class Found:
    """What a text may mean: one id if it is clear, several if it is not."""

    ids: tuple[str, ...] = ()
    how: How = ""


NOTHING_FOUND = Found()


class Directory:
    """The names of one plan, table by table; ``districts`` are those of the layers."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._by_key: dict[str, dict[str, dict[How, dict[str, None]]]] = {}
        self.labels: dict[str, dict[str, Both]] = {}
        for name, table in TABLES.items():
            if table.key == ("id",):
                self._add_table(name, plan.tables[name])
        for alias, column in _ALIASES.items():
            rows = plan.tables[alias].dropna(subset=[column, "name_zh"])
            owner = alias.removesuffix("_names") + "s"
            for key, text in zip(rows[column], rows["name_zh"], strict=True):
                self.add(owner, str(key), str(text), "alias")
        for layer in reversed(plan.layers_of("districts")):
            self._add_districts(layer)

    def add(self, table: str, key: str, text: str, how: How) -> None:
        """Make a thing findable under one more text."""
        entry = self._by_key.setdefault(table, {}).setdefault(name_key(text), {})
        entry.setdefault(how, {})[key] = None

    def name(self, table: str, key: str, zh: str, en: str = "") -> None:
        """Enter a new thing under its name."""
        self.labels.setdefault(table, {})[key] = Both(zh, en or zh)
        self.add(table, key, key, "code")
        self.add(table, key, zh, "exact")

    def find(self, table: str, text: str) -> Found:
        """What a text means in a table: by code, exact name, alias, short form, in that order.

        A district is also found inside “province, city, district” and by the
        first six digits of a longer code.
        """
        coded = _CODED.search(text)
        if coded is not None and coded[1] in self.labels.get(table, {}):
            return Found((coded[1],), "code")
        found = self._look_up(table, text)
        if found.ids or table not in ("districts", "sectors"):
            return found
        return self._district(text) if table == "districts" else self._sector(text)

    def label(self, table: str, key: str) -> Both:
        """Name of a thing, its id where it has none."""
        return self.labels.get(table, {}).get(key, Both(key, key))

    def ids(self, table: str) -> tuple[str, ...]:
        """Every id of a table."""
        return tuple(self.labels.get(table, {}))

    def districts_today(self) -> tuple[str, ...]:
        """Codes of the districts of the newest layer: a name from outside means one of these."""
        newest = [one for one in self.plan.layers_of("districts")[:1] if one.key in one.frame]
        codes = {code for layer in newest for code in layer.frame[layer.key].astype(str)}
        return tuple(key for key in self.ids("districts") if key in codes)

    def near(self, table: str, texts: Sequence[str]) -> dict[str, list[tuple[str, float]]]:
        """For each text the ids of a table whose names resemble it, with the likeness."""
        entries = [
            (key, next(iter(ids)))
            for key, entry in self._by_key.get(table, {}).items()
            for how, ids in entry.items()
            if how in ("exact", "alias", "short") and len(ids) == 1
        ]
        ranked = near(texts, [key for key, _ in entries], most=6)
        result = {}
        for text, matches in zip(texts, ranked, strict=True):
            best: dict[str, float] = {}
            for at, score in matches:
                best.setdefault(entries[at][1], score)
            result[text] = list(best.items())[:3]
        return result

    def _add_table(self, name: str, rows: pd.DataFrame) -> None:
        columns = [(column, how) for column, how in _NAMES if column in rows]
        rows = rows.dropna(subset=["id"])
        labels = self.labels.setdefault(name, {})
        for record in rows[["id", *(c for c, _ in columns)]].to_dict("records"):
            key = str(record["id"])
            self.add(name, key, key, "code")
            texts = {c: record[c] for c, _ in columns if isinstance(record[c], str)}
            for column, how in columns:
                if column in texts:
                    self.add(name, key, texts[column], how)
            zh = texts.get("name_zh") or texts.get("title_zh") or texts.get("measure_zh") or key
            labels[key] = Both(zh, texts.get("name_en") or texts.get("title_en") or zh)
            if name == "sectors":
                self.add(name, key, _stem(zh), "short")

    def _add_districts(self, layer: Layer) -> None:
        frame = layer.frame
        if not {layer.key, "name_zh"} <= set(frame.columns):
            return
        labels = self.labels.setdefault("districts", {})
        english = frame["name_en"] if "name_en" in frame else frame["name_zh"]
        for code, zh, en in zip(frame[layer.key], frame["name_zh"], english, strict=True):
            if not isinstance(zh, str):
                continue
            key = str(code)
            labels[key] = Both(zh, str(en))
            self.add("districts", key, key, "code")
            self.add("districts", key, zh, "exact")
            self.add("districts", key, str(en), "exact")
            short = _KIND_OF_DISTRICT.sub("", zh)
            if len(short) > 1:
                self.add("districts", key, short, "short")
            self.add("districts", key, re.sub(r"\s+(District|County|City)$", "", str(en)), "short")

    def _look_up(self, table: str, text: str) -> Found:
        entry = self._by_key.get(table, {}).get(name_key(text), {})
        for how in _ORDER:
            if how in entry:
                return Found(tuple(entry[how]), how)
        return NOTHING_FOUND

    def _district(self, text: str) -> Found:
        plain = unicodedata.normalize("NFKC", text).strip()
        if re.fullmatch("[0-9]{9}|[0-9]{12}", plain):
            return self._look_up("districts", plain[:6])
        inside = {key for key, name in self.labels.get("districts", {}).items() if name.zh in plain}
        longest = {
            key for key in inside
            if not any(self.label("districts", key).zh in self.label("districts", other).zh
                       and key != other for other in inside)
        }  # fmt: skip
        if longest:
            return Found(tuple(sorted(longest)), "part")
        # “甲区(某某科技城)” names a part of the district.
        rest = _IN_BRACKETS.sub("", plain) or plain
        if rest != plain and (found := self._look_up("districts", rest)).ids:
            return Found(found.ids, "part")
        while (shorter := _ABOVE.sub("", rest, count=1)) != rest and shorter:
            rest = shorter
            found = self._look_up("districts", rest)
            if found.ids:
                return Found(found.ids, "part")
        return NOTHING_FOUND

    def _sector(self, text: str) -> Found:
        return self._look_up("sectors", _stem(text))


def _stem(text: str) -> str:
    """The name of a sector without the word for sector.

    Examples
    --------
    >>> _stem("机器人产业"), _stem("工业")
    ('机器人', '工业')
    """
    for word in _STEMS:
        if text.endswith(word) and len(text) - len(word) >= 2:
            return text[: -len(word)]
    return text


def labels(keys: Iterable[str], directory: Directory, table: str) -> Both:
    """Names with their ids, as one phrase."""
    named = [(directory.label(table, key), key) for key in keys]
    return Both(
        "、".join(f"{name.zh}({key})" for name, key in named),
        ", ".join(f"{name.en} ({key})" for name, key in named),
    )
