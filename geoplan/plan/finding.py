"""Find a subject by any string that the plan uses for it."""

import unicodedata
from dataclasses import dataclass

from geoplan.plan.ledger import subject_names
from geoplan.plan.opening import Plan

_KINDS = (
    "districts", "wings", "sectors", "segments", "platforms", "enterprises", "projects", "hubs",
    "plans",
)  # fmt: skip
_ALIASES = {
    "enterprise_names": ("enterprises", "enterprise_id", "name_zh"),
    "platform_names": ("platforms", "platform_id", "name_zh"),
    "enterprises": ("enterprises", "id", "short_zh"),
    "sectors": ("sectors", "id", "short_zh"),
    "plans": ("plans", "id", "title_zh"),
}


@dataclass(frozen=True)
class Hit:
    """A subject, and the string that matched."""

    kind: str
    id: str
    matched: str


@dataclass(frozen=True)
class Strings:
    """Every string of a plan that names something.

    Attributes
    ----------
    folded :
        As compared: without case, width and blanks.
    hits :
        What each string names, and the string as written.
    """

    folded: tuple[str, ...]
    hits: tuple[Hit, ...]


def names_of(plan: Plan) -> Strings:
    """Collect names in both languages, short names and aliases, in order of kind."""
    found: dict[tuple[str, str, str], Hit] = {}

    def note(kind: str, key: object, name: object) -> None:
        if isinstance(name, str) and isinstance(key, str):
            found.setdefault((kind, key, fold(name)), Hit(kind, key, name))

    for (kind, key), pair in subject_names(plan).items():
        if kind in _KINDS:
            for name in pair:
                note(kind, key, name)
    for table, (kind, column, name_column) in _ALIASES.items():
        frame = plan.tables[table]
        for key, name in zip(frame[column], frame[name_column], strict=True):
            note(kind, key, name)
    order = sorted(found.items(), key=lambda item: _KINDS.index(item[0][0]))
    return Strings(tuple(key[2] for key, _ in order), tuple(hit for _, hit in order))


def fold(text: str) -> str:
    """A string as it is compared.

    Examples
    --------
    >>> fold(" ＡＢ  Park")
    'abpark'
    """
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def find(strings: Strings, words: str, limit: int = 20) -> list[Hit]:
    """The subjects a text means: equal strings first, then those that start so, then the rest.

    Examples
    --------
    >>> from geoplan.plan.opening import open_plan
    >>> strings = names_of(open_plan("tests/plans/tiny"))
    >>> [(hit.id, hit.matched) for hit in find(strings, "甲一")]
    [('jia-yi', '甲一')]
    """
    wanted = fold(words)
    if not wanted:
        return []
    ranked = [
        (0 if name == wanted else 1 if name.startswith(wanted) else 2, len(name), number)
        for number, name in enumerate(strings.folded)
        if wanted in name
    ]
    best: dict[tuple[str, str], Hit] = {}
    for _, _, number in sorted(ranked):
        hit = strings.hits[number]
        best.setdefault((hit.kind, hit.id), hit)
        if len(best) == limit:
            break
    return list(best.values())
