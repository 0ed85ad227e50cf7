"""Which table or layer shapes are meant as, where neither the user nor the file says so."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely

from geoplan.exchange.asking.findings import Findings, Option, Question
from geoplan.exchange.geodata.vectors import Vectors
from geoplan.exchange.incoming.featuretexts import shown
from geoplan.exchange.incoming.shapetables import fields_of, required_share
from geoplan.exchange.sheets.titles import fields_by_title, title_key
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import TABLES, VOCABULARIES

_LIKELY = ("projects", "platforms", "enterprises", "hubs")
_AREAL = ("districts", "wings")
_SAYS_NO_MORE = frozenset(("id", "source_id", "basis", "name_zh", "name_en", "lon", "lat"))
_ENOUGH = 0.5
_LAYER = "layer"


def likely_target(plan: Plan, vectors: Vectors, findings: Findings) -> str:
    """What to read a file as: a table, a role of layers or ``layer``; empty for none of them.

    A bare name or code makes nothing a firm: a table is taken where the plan
    knows the ids, or where more than names speaks for it.
    """
    if shapely.is_missing(vectors.shapes).all():
        return next(iter(_complete(vectors)), "")
    found = _by_ids(plan, vectors) or _by_columns(vectors) or _by_codes(plan, vectors)
    if found:
        return found
    is_named = any("name_zh" in fields_of(vectors, table) for table in _LIKELY)
    return _asked(findings) if is_named else _LAYER


def _complete(vectors: Vectors) -> list[str]:
    """Tables of which every required column is there."""
    return [table for table in _LIKELY if required_share(vectors, table) >= 1.0]


def _by_ids(plan: Plan, vectors: Vectors) -> str:
    """The table that has the ids of the features."""
    shares = {}
    for table in _LIKELY:
        name = fields_of(vectors, table).get("id")
        known = set(plan.tables[table]["id"].dropna().astype(str))
        shares[table] = _share_known(vectors.columns[name], known) if name else 0.0
    best = max(shares, key=lambda table: shares[table])
    return best if shares[best] >= _ENOUGH else ""


def _by_columns(vectors: Vectors) -> str:
    """The table for which all its required columns speak, and not names alone."""
    for table in _complete(vectors):
        names = fields_of(vectors, table)
        required = [c for c in TABLES[table].columns if c.required and c.name in names]
        more = [c for c in required if c.name not in _SAYS_NO_MORE]
        fits = all(
            _share_known(vectors.columns[names[c.name]], _words(c.vocabulary)) >= _ENOUGH
            for c in more
            if c.vocabulary
        )
        if fits and (more or _is_own_title(names.get("name_zh", ""), table)):
            return table
    return ""


def _by_codes(plan: Plan, vectors: Vectors) -> str:
    """The role of the layer of areas whose keys the features have, each its own."""
    if not (shapely.get_dimensions(vectors.shapes) == 2).any():
        return ""
    for role in _AREAL:
        for layer in plan.layers_of(role):
            known = (
                set(layer.frame[layer.key].dropna().astype(str))
                if layer.key in layer.frame
                else set()
            )
            for values in vectors.columns.values():
                texts = [shown(value) for value in values]
                if len(set(texts)) == len(texts) and _share_known(texts, known) >= _ENOUGH:
                    return role
    return ""


def _share_known(values: Iterable[Any], known: set[str]) -> float:
    """Share of the values given that are among the known ones."""
    texts = [text for value in values if (text := shown(value))]
    return float(np.mean([text in known for text in texts])) if texts else 0.0


def _words(vocabulary: str) -> set[str]:
    """Codes of a vocabulary and what they are called."""
    words = VOCABULARIES[vocabulary]
    return {*words, *(name for names in words.values() for name in names)}


def _is_own_title(name: str, table: str) -> bool:
    """Whether a title of names is one of this table alone, as 企业名称 is and 名称 is not."""
    titles = {other: fields_by_title(other).get(title_key(name), ("",))[0] for other in _LIKELY}
    return [other for other, field in titles.items() if field == "name_zh"] == [table]


def _asked(findings: Findings) -> str:
    return findings.ask(
        Question(
            "table",
            Both("属性中只有名称或编码，按新图层读取；要当作表读取，请用 --as 或答复此问。读作什么？",
                 "The attributes are names or codes only, so it is read as a new layer; to read it "
                 "as a table use --as or answer this. Read it as what?"),
            (Option(_LAYER, Both("新图层", "a new layer")),
             *(Option(table, Both(TABLES[table].zh, table)) for table in _LIKELY)),
            _LAYER, is_blocking=False,
        )
    )  # fmt: skip
