"""The entries of a brief, read one by one; what is wrong with them is collected.

Nothing here knows what a brief is about. A value of the wrong kind is
reported with its place and a remedy, and stands as not given.
"""

import difflib
import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from geoplan.errors import GeoplanError
from geoplan.plan.problems import Both, Language

LONGEST_TEXT = 2_000
MOST_ITEMS = 1_000
_SHOWN = 40
_COMPLAINTS = 50
_T = TypeVar("_T")


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a brief, or with a file it names, and the remedy.

    ``field`` is the path of the entry, such as ``project.land`` or
    ``rules[0].least``.
    """

    field: str
    said: Both

    def message(self, language: Language = "en") -> str:
        """The entry and what is wrong with it, as one sentence."""
        colon = "：" if language == "zh" else ": "
        return f"{self.field}{colon}{self.said[language]}" if self.field else self.said[language]


class BriefError(GeoplanError):
    """A brief that cannot be used; ``problems`` has every fault that was found.

    ``file`` is what the brief is called.
    """

    def __init__(self, file: str, problems: Iterable[Fault]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__(self.message("en"))

    def message(self, language: Language = "en") -> str:
        """One line for each problem."""
        comma = "，" if language == "zh" else ", "
        return "\n".join(f"{self.file}{comma}{fault.message(language)}" for fault in self.problems)


def shown(value: object) -> str:
    """A value as a message may show it: short, on one line, and never the inside of a container."""
    if isinstance(value, Mapping):
        return "{…}"
    if isinstance(value, list | tuple):
        return "[…]" if value else "[]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) > 10**_SHOWN:
        return "…"
    text = str(value)[: 4 * _SHOWN]
    text = "".join(" " if unicodedata.category(letter)[0] == "C" else letter for letter in text)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def size_of(value: float) -> float:
    """A number as a float; an integer of a thousand digits is none and counts as infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def nearest(value: str, known: Iterable[str]) -> Both:
    """“ (is it …?)” where something known is near, else what there is, as far as it is short."""
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(value[:100], names, n=1)
    if near:
        return Both(f"；是否应为“{near[0]}”？", f"; is it “{near[0]}”?")
    if not names:
        return Both("", "")
    more = "…" if len(names) > 12 else ""
    return Both(
        f"；可用 {'、'.join(names[:12])}{more}", f"; there are {', '.join(names[:12])}{more}"
    )


def _kind(value: object) -> Both:
    for types, said in (
        (bool, Both("是/否", "a yes or no")),
        (str, Both("文字", "a text")),
        (int | float, Both("数字", "a number")),
        (list | tuple, Both("列表", "a list")),
        (Mapping, Both("一组键值", "a table")),
    ):
        if isinstance(value, types):
            return said
    return Both("别的东西", "something else")


@dataclass
class Entries:
    """The entries of one section.

    Attributes
    ----------
    content :
        What was written.
    path :
        Path of the section, empty for the whole brief.
    faults :
        Where complaints go; shared by all sections of a brief.
    """

    content: Mapping[str, Any]
    path: str
    faults: list[Fault]
    asked: set[str] = field(default_factory=set)

    def at(self, key: str) -> str:
        """The path of an entry."""
        return f"{self.path}.{key}" if self.path else key

    def complain(self, key: str, zh: str, en: str) -> None:
        """Note a fault of an entry."""
        self.faults.append(Fault(self.at(key), Both(zh, en)))

    def get(self, key: str) -> Any:
        """What is written, or ``None``."""
        self.asked.add(key)
        return self.content.get(key)

    def _typed(
        self, key: str, right: Callable[[Any], bool], wanted: Both, example: str
    ) -> Any | None:
        value = self.get(key)
        if value is None or right(value):
            return value
        kind = _kind(value)
        self.complain(
            key,
            f"“{shown(value)}”是{kind.zh}，这里要{wanted.zh}；请写 {example}",
            f"“{shown(value)}” is {kind.en}, {wanted.en} is wanted; write {example}",
        )
        return None

    def section(self, key: str) -> "Entries":
        """The entries of a section inside this one; empty where there is none."""
        wanted = Both("一组键值", "a table")
        value = self._typed(key, lambda v: isinstance(v, Mapping), wanted, f"[{self.at(key)}]")
        return Entries(value or {}, self.at(key), self.faults)

    def sections(self, key: str, example: str) -> list["Entries"]:
        """The entries of a list of sections."""
        wanted = Both("若干组键值的列表", "a list of tables")
        value = self._typed(key, lambda v: isinstance(v, list | tuple), wanted, example)
        found = []
        for number, part in enumerate(self._short(key, value or ())):
            path = f"{self.at(key)}[{number}]"
            if isinstance(part, Mapping):
                found.append(Entries(part, path, self.faults))
            else:
                said = Both(
                    f"这里要一组键值；请写 {example}", f"a table is wanted here; write {example}"
                )
                self.faults.append(Fault(path, said))
        return found

    def text(self, key: str, example: str = "…", *, longest: int = LONGEST_TEXT) -> str:
        """A text on one line; empty where there is none."""
        value = self._typed(
            key, lambda v: isinstance(v, str), Both("文字", "a text"), f'{key} = "{example}"'
        )
        if value is None:
            return ""
        return self._clean(key, value, longest) or ""

    def _clean(self, key: str, value: str, longest: int) -> str | None:
        if len(value) > longest:
            self.complain(
                key,
                f"有 {len(value)} 个字符，最多 {longest} 个；请缩短",
                f"it has {len(value)} characters, at most {longest} are allowed; shorten it",
            )
            return None
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
            self.complain(
                key,
                f"“{shown(value)}”含有换行或控制字符；请写成一行普通文字",
                f"“{shown(value)}” has line breaks or control characters; write plain text on one line",
            )
            return None
        return value.strip()

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        """One of a few words."""
        value = self.text(key, choices[0])
        if not value:
            return default
        if value not in choices:
            hint = nearest(value, choices)
            self.complain(
                key,
                f"“{shown(value)}”不在可选之列{hint.zh}",
                f"“{shown(value)}” is no choice{hint.en}",
            )
            return default
        return value

    def flag(self, key: str) -> bool:
        """True or false; false where it is not given."""
        wanted = Both("true 或 false", "true or false")
        return bool(self._typed(key, lambda v: isinstance(v, bool), wanted, f"{key} = true"))

    def number(
        self, key: str, *, least: float = 0.0, most: float = 1e15, above: bool = False
    ) -> float | None:
        """A finite number from ``least`` to ``most``; with ``above`` it must exceed ``least``."""
        value = self._typed(
            key,
            lambda v: isinstance(v, int | float) and not isinstance(v, bool),
            Both("数字", "a number"),
            f"{key} = {_example(least, most)}",
        )
        if value is None:
            return None
        size = size_of(value)
        if not math.isfinite(size) or not least <= size <= most or (above and size <= least):
            low = Both(f"大于 {least:g}", f"above {least:g}") if above else Both(
                f"不小于 {least:g}", f"at least {least:g}"
            )  # fmt: skip
            self.complain(
                key,
                f"{shown(value)} 不可用；应{low.zh}且不大于 {most:g}，例如 {key} = {_example(least, most)}",
                f"{shown(value)} cannot be used; it must be {low.en} and at most {most:g}, "
                f"for example {key} = {_example(least, most)}",
            )
            return None
        return size

    def whole(self, key: str, *, least: int, most: int) -> int | None:
        """A whole number from ``least`` to ``most``."""
        size = self.number(key, least=least, most=most)
        if size is not None and not size.is_integer():
            example = _example(least, most)
            self.complain(
                key,
                f"{size:g} 不是整数；请写整数，例如 {key} = {example}",
                f"{size:g} is no whole number; write one, for example {key} = {example}",
            )
            return None
        return None if size is None else int(size)

    def texts(self, key: str, example: str = "…") -> tuple[str, ...]:
        """A list of texts, each once."""
        wanted = Both("文字的列表", "a list of texts")
        sample = f'{key} = ["{example}"]'
        value = self._typed(key, lambda v: isinstance(v, list | tuple), wanted, sample)
        found: dict[str, None] = {}
        for part in self._short(key, value or ()):
            if not isinstance(part, str):
                kind = _kind(part)
                self.complain(
                    key,
                    f"列表中的“{shown(part)}”是{kind.zh}；请写 {sample}",
                    f"“{shown(part)}” in the list is {kind.en}; write {sample}",
                )
                continue
            clean = self._clean(key, part, LONGEST_TEXT)
            if clean:
                found[clean] = None
        return tuple(found)

    def _short(self, key: str, value: Sequence[_T]) -> Sequence[_T]:
        if len(value) <= MOST_ITEMS:
            return value
        self.complain(
            key,
            f"有 {len(value)} 项，最多 {MOST_ITEMS} 项；请缩短",
            f"it has {len(value)} items, at most {MOST_ITEMS} are allowed; shorten it",
        )
        return ()

    def finish(self) -> None:
        """Complain about every entry that nobody asked for."""
        known = sorted(str(key) for key in self.asked)
        unknown = [key for key in self.content if key not in self.asked]
        for key in unknown[:_COMPLAINTS]:
            name = shown(key)
            hint = nearest(str(key), known)
            self.faults.append(
                Fault(
                    self.at(name),
                    Both(
                        f"没有这一项{hint.zh}；请改名或删除",
                        f"there is no such entry{hint.en}; rename or remove it",
                    ),
                )
            )


def _example(least: float, most: float) -> str:
    for number in (100, 10, 1, 0.5):
        if least < number <= most:
            return f"{number:g}"
    return f"{most:g}"
