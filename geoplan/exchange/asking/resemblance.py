"""Names that may mean the same: proposals for people to confirm, never more than that."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import sparse

_LEGAL = (
    "有限责任公司", "股份有限公司", "集团有限公司", "有限公司", "分公司", "总公司", "子公司", "集团公司",
    "集团", "公司", "股份", "控股", "企业", "厂",
)  # fmt: skip
_GENERIC = ("科技", "实业", "产业", "技术", "发展", "投资", "建设")
_FORMERLY = re.compile(r"[(（](?:原名|原|曾用名|前身|现名|现|更名)为?[:：]?([^()（）]{2,40})[)）]")
_NUMERALS = re.compile("[0-9一二三四五六七八九十百]")
_LEAST = 0.6
_BLOCK = 2_000
_SURE_CONTAINED = 0.5


@lru_cache(maxsize=200_000)
def name_key(text: str) -> str:
    """A name without what does not tell names apart: width, case, blanks, punctuation.

    Examples
    --------
    >>> name_key("甲 一（集团）公司") == name_key("甲一(集团)公司")
    True
    """
    kept = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s·•・\-‐—–_()\[\]【】《》“”\"'‘’,，.。、;；:：&/|+]+", "", kept)


def core(key: str) -> str:
    """The telling part of a firm's name.

    Examples
    --------
    >>> core("某某三维科技股份有限公司"), core("集团")
    ('某某三维', '集团')
    """
    text = re.sub(r"^.{2,3}?[省市](?=.{3})", "", key)
    changed = True
    while changed:
        changed = False
        for word in (*_LEGAL, *_GENERIC):
            if text.endswith(word) and len(text) - len(word) >= 2:
                text, changed = text[: -len(word)], True
                break
    return text


def called(name: str) -> tuple[str, ...]:
    """A name, and where it brings another one along, each of the two.

    Examples
    --------
    >>> called("甲集团（原乙厂）"), called("甲（二期）")
    (('甲集团（原乙厂）', '甲集团', '乙厂'), ('甲（二期）',))
    """
    other = _FORMERLY.search(name)
    if other is None:
        return (name,)
    return name, f"{name[: other.start()]}{name[other.end() :]}".strip(), other[1].strip()


def near(
    names: Sequence[str], known: Sequence[str], most: int = 3
) -> list[list[tuple[int, float]]]:
    """For each name the positions in ``known`` of those that resemble it, best first.

    Likeness is the share of common letters and pairs of letters, of the whole
    name or of its telling part, whichever is higher; names whose numbers
    differ never resemble each other. A former name in brackets counts, too.

    Examples
    --------
    >>> near(["甲乙丙三维技术有限公司", "丁戊公司"], ["甲乙丙三维", "其他"])
    [[(0, 1.0)], []]
    """
    variants = [called(name) for name in names]
    flat = [variant for own in variants for variant in own]
    ranked = iter(_near(flat, known, most))
    found: list[list[tuple[int, float]]] = []
    for own in variants:
        best: dict[int, float] = {}
        for matches in [next(ranked) for _ in own]:
            for at, likeness in matches:
                best[at] = max(likeness, best.get(at, 0.0))
        found.append(sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:most])
    return found


def _near(names: Sequence[str], known: Sequence[str], most: int) -> list[list[tuple[int, float]]]:
    if not len(names) or not len(known):
        return [[] for _ in names]
    ours = [core(name_key(name)) for name in names]
    theirs = [core(name_key(name)) for name in known]
    vocabulary: dict[str, int] = {}
    right = _grams(theirs, vocabulary, grow=True)
    left = _grams(ours, vocabulary, grow=False)
    lengths_right = np.array([max(2 * len(t) - 1, 1) for t in theirs], dtype=float)
    digits = ["".join(sorted(_NUMERALS.findall(t))) for t in theirs]
    found: list[list[tuple[int, float]]] = []
    for start in range(0, len(ours), _BLOCK):
        part = (left[start : start + _BLOCK] @ right.T).tocsr()
        edges, columns, counts = part.indptr.tolist(), part.indices, part.data
        for offset, ours_at in enumerate(ours[start : start + _BLOCK]):
            span = slice(edges[offset], edges[offset + 1])
            scores = (
                2.0 * counts[span] / (max(2 * len(ours_at) - 1, 1) + lengths_right[columns[span]])
            )
            # A name inside another one may share little of its length.
            likely = scores >= min(_LEAST, 2.0 * _SURE_CONTAINED / 3.0)
            ranked = []
            if likely.any():
                number = "".join(sorted(_NUMERALS.findall(ours_at)))
                for at, score in zip(
                    columns[span][likely].tolist(), scores[likely].tolist(), strict=True
                ):
                    likeness = _likeness(ours_at, theirs[at], score)
                    if likeness >= _LEAST and digits[at] == number:
                        ranked.append((at, round(likeness, 3)))
            ranked.sort(key=lambda pair: (-pair[1], pair[0]))
            found.append(ranked[:most])
    return found


def _likeness(one: str, other: str, score: float) -> float:
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    if (
        len(short) >= 2
        and short in long
        and (len(short) >= 3 or len(short) >= _SURE_CONTAINED * len(long))
    ):
        return max(score, 0.75)
    return score


def _grams(texts: Sequence[str], vocabulary: dict[str, int], *, grow: bool) -> sparse.csr_matrix:
    """Counts of single letters and pairs of letters, one row a text."""
    rows: list[int] = []
    columns: list[int] = []
    for number, text in enumerate(texts):
        grams = {*text, *map(str.__add__, text, text[1:])}
        if grow:
            for gram in grams:
                vocabulary.setdefault(gram, len(vocabulary))
        shared = [vocabulary[gram] for gram in grams & vocabulary.keys()]
        rows += [number] * len(shared)
        columns += shared
    width = max(len(vocabulary), 1)
    ones = np.ones(len(rows))
    return sparse.csr_matrix((ones, (rows, columns)), shape=(len(texts), width))
