"""From bytes to text: UTF-8, or GB18030, or a named refusal."""

import re
from pathlib import Path

from geoplan.plan.problems import NOTHING, Both, Problem

_MIN_COMMON_SHARE = 0.9
_REPLACEMENT = "\ufffd"
_ASCII = re.compile(r"[\x00-\x7f]+")
_CHINESE = re.compile(r"[\x00-\x7f\u2e80-\uffef]+")


def decode(path: Path, file: str) -> tuple[str | None, list[Problem]]:
    """Text of a file in UTF-8 (with or without BOM) or GB18030.

    A file in any other encoding is not read: the problem names the encoding
    that it seems to have. Text that was garbled before it was saved is read
    and reported.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        code = "table.unreadable" if file.endswith(".csv") else "layer.unreadable"
        return None, [Problem(code, file, details={"reason": error.strerror or str(error)})]
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None, [Problem("encoding.wrong", file, details={"found": "UTF-16"})]
    if b"\x00" in raw:
        binary = Both("二进制或 UTF-16", "binary or UTF-16")
        return None, [Problem("encoding.wrong", file, details={"found": binary})]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decode_legacy(raw, file)
    return text, _garbled(text, file)


def _decode_legacy(raw: bytes, file: str) -> tuple[str | None, list[Problem]]:
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        unknown = Both("未知编码", "unknown")
        return None, [Problem("encoding.wrong", file, details={"found": unknown})]
    if _common_share(text) < _MIN_COMMON_SHARE:
        for encoding, name in (("big5", "Big5"), ("shift_jis", "Shift-JIS"), ("latin-1", "")):
            try:
                other = raw.decode(encoding)
            except UnicodeDecodeError:
                continue
            found = name if name and _common_share(other, encoding) > _common_share(text) else ""
            named = found or Both("西文单字节编码或未知编码", "a Western or unknown encoding")
            return None, [Problem("encoding.wrong", file, details={"found": named})]
    return text, []


def _common_share(text: str, encoding: str = "gb2312") -> float:
    """Share of the characters beyond ASCII that are in everyday use in ``encoding``."""
    beyond = [character for character in text if ord(character) > 127]
    if not beyond:
        return 1.0
    common = 0
    for character in beyond:
        code = character.encode(encoding, errors="ignore")
        # The first level of GB2312 (B0–D7) and of Big5 (A4–C6) holds the characters in common
        # use; text in a wrong encoding decodes mostly to rare ones.
        if encoding == "gb2312":
            common += bool(code) and (0xB0 <= code[0] <= 0xD7 or 0xA1 <= code[0] <= 0xA3)
        else:
            common += bool(code) and (0xA1 <= code[0] <= 0xC6 or len(code) == 1)
    return common / len(beyond)


def _garbled(text: str, file: str) -> list[Problem]:
    if text.isascii():
        return []
    problems = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.isascii():
            continue
        if _REPLACEMENT in line:
            at = line.index(_REPLACEMENT)
            problems.append(_problem(file, number, line[max(0, at - 8) : at + 9], NOTHING))
            continue
        meant = unscrambled(line)
        if meant:
            hint = Both(f"(本应为“{meant[:20]}”)", f" (it should be “{meant[:20]}”)")
            shown = next(part for part in line.split(",") if not part.isascii())
            problems.append(_problem(file, number, shown[:20], hint))
    return problems


def _problem(file: str, line: int, value: str, meant: Both) -> Problem:
    return Problem("encoding.garbled", file, line, details={"value": value, "meant": meant})


def unscrambled(line: str) -> str:
    """What a line was before UTF-8 was mistaken for GBK, or an empty text.

    Examples
    --------
    >>> unscrambled("规划".encode("utf-8").decode("gb18030"))
    '规划'
    >>> unscrambled("规划")
    ''
    """
    words = _ASCII.sub("", line)
    try:
        meant = words.encode("gb18030").decode("utf-8")
    except UnicodeError:
        return ""
    return meant if meant and _CHINESE.fullmatch(meant) else ""
