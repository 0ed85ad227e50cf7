"""Which encoding a text of unknown origin is in, judged by what it then says."""

from collections.abc import Sequence
from dataclasses import dataclass

_MIN_COMMON_SHARE = 0.85
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_NAMES = {
    "utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16", "utf-32": "UTF-32", "gb18030": "GB18030", "big5": "Big5",
    "latin-1": "ISO-8859-1",
}  # fmt: skip
_JUDGED_BYTES = 2_000_000
_SAMPLE_CHARS = 24


@dataclass(frozen=True)
class Encoding:
    """What a text was read as.

    Attributes
    ----------
    python :
        Name for :meth:`bytes.decode`.
    is_certain :
        A byte order mark, plain ASCII, or valid UTF-8 says so; otherwise the
        share of everyday characters does.
    """

    python: str
    is_certain: bool

    @property
    def name(self) -> str:
        """The name people know."""
        return _NAMES.get(self.python, self.python.upper())


def encoding_of(raw: bytes) -> Encoding | None:
    r"""The encoding of a whole file, or ``None`` for binary data and unknown encodings.

    Examples
    --------
    >>> encoding_of("计划总投资".encode("gbk"))
    Encoding(python='gb18030', is_certain=False)
    >>> encoding_of("项目\t投资".encode("utf-16-le"))
    Encoding(python='utf-16-le', is_certain=True)
    """
    for mark, python in _BOMS:
        if raw.startswith(mark):
            return Encoding(python, True) if _decodes(raw, python) else None
    if b"\x00" in raw[:_JUDGED_BYTES]:
        return _wide(raw)
    if _decodes(raw, "utf-8") and not _is_gbk_by_chance(
        raw[:_JUDGED_BYTES].decode("utf-8", "ignore")
    ):
        return Encoding("utf-8", True)
    return best_of([raw[:_JUDGED_BYTES]], is_cut=len(raw) > _JUDGED_BYTES)


def best_of(texts: Sequence[bytes], *, is_cut: bool = True) -> Encoding | None:
    """The encoding that turns short texts, perhaps cut within a character, into Chinese."""
    joined = b"\n".join(texts)
    if joined.isascii():
        return Encoding("utf-8", True)
    shares = {}
    for python in ("utf-8", "gb18030", "big5"):
        decoded = [_decoded(text, python, is_cut=is_cut) for text in texts]
        known = [text for text in decoded if text is not None]
        if len(known) == len(decoded):
            shares[python] = common_share("".join(known))
    if "utf-8" in shares and not _is_gbk_by_chance(joined.decode("utf-8", "ignore")):
        return Encoding("utf-8", True)
    shares.pop("utf-8", None)
    if not shares:
        return None
    best = max(shares, key=lambda name: (round(shares[name], 2), name == "gb18030"))
    return Encoding(best, False) if shares[best] >= _MIN_COMMON_SHARE else None


def _is_gbk_by_chance(text: str) -> bool:
    """Whether a text read as UTF-8 is a few words of GBK that happen to be valid UTF-8.

    “联通” is the famous case: such bytes read as Cyrillic, Greek or Arabic letters.
    """
    beyond = [c for c in text if ord(c) > 127]
    if not beyond or max(beyond) > "\u07ff" or all(c < "\u0250" for c in beyond):
        return False
    try:
        return common_share(text.encode().decode("gb18030")) >= _MIN_COMMON_SHARE
    except UnicodeDecodeError:
        return False


def _wide(raw: bytes) -> Encoding | None:
    """UTF-16 without a mark: every second byte of the ASCII in it is zero."""
    if len(raw) % 2:
        return None
    head = raw[:_JUDGED_BYTES]
    zeros = {"utf-16-be": head[0::2].count(0), "utf-16-le": head[1::2].count(0)}
    python = max(zeros, key=lambda name: zeros[name])
    if zeros[python] <= 4 * min(zeros.values()) or not _decodes(raw, python):
        return None
    text = raw[: min(len(raw), 20_000)].decode(python, errors="ignore")
    return Encoding(python, True) if "\x00" not in text else None


def _decodes(raw: bytes, python: str) -> bool:
    try:
        raw.decode(python)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(text: bytes, python: str, *, is_cut: bool) -> str | None:
    """The text; a character cut off at its end is forgiven."""
    for missing in range(4 if is_cut else 1):
        try:
            return text[: len(text) - missing].decode(python)
        except UnicodeDecodeError:
            continue
    return None


def common_share(text: str) -> float:
    """Share of the characters beyond ASCII that everyday Chinese uses.

    Examples
    --------
    >>> common_share("机器人产业")
    1.0
    >>> common_share("机器人".encode("gbk").decode("latin-1")) < 0.2
    True
    """
    beyond = [c for c in text if ord(c) > 127]
    return sum(map(_is_common, beyond)) / len(beyond) if beyond else 1.0


def _is_common(character: str) -> bool:
    code = character.encode("gb2312", errors="ignore")
    if code:
        # The first level of GB2312, in daily use, and its punctuation, digits and letters.
        return 0xB0 <= code[0] <= 0xD7 or 0xA1 <= code[0] <= 0xA3
    return character.encode("big5", errors="ignore")[:1] >= b"\xa4" and character >= "\u4e00"


def sample(texts: Sequence[str]) -> str:
    """A few characters beyond ASCII, for people to judge an encoding by."""
    telling = next((text for text in texts if text and not text.isascii()), "")
    return " ".join(telling.split())[:_SAMPLE_CHARS]
