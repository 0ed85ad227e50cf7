"""The encoding that TAB, MIF and DXF files declare, corrected where their texts are in another."""

import re
from collections.abc import Mapping
from pathlib import Path

from geoplan.exchange.asking.remarks import Remark, refused
from geoplan.exchange.files.encodings import Encoding, best_of, sample
from geoplan.exchange.geodata.dbase import table_encoding

_OF_MAPINFO = {"gb18030": "WindowsSimpChinese", "big5": "WindowsTradChinese", "utf-8": "UTF-8"}
_OF_GDAL = {"gb18030": "CP936", "big5": "CP950", "utf-8": "UTF-8"}
_ANSWERS = {
    "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030",
    "utf8": "utf-8", "utf-8": "utf-8", "big5": "big5", "cp950": "big5",
}  # fmt: skip
_CHARSET = re.compile(rb'(?i)(charset[ \t]+)"?([\w-]+)"?')
_CODE_PAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+([\w.-]+)")
_JUDGED_LINES = 20_000


def correct_mapinfo(main: Path, file: str, encoding: str) -> list[Remark]:
    """Make a TAB or MIF header name the encoding of its texts; GDAL fails over a wrong one.

    Parameters
    ----------
    encoding :
        As a person says it; empty to find it out.
    """
    head = main.read_bytes()
    beside = main.with_suffix(".dat" if main.suffix == ".tab" else ".mid")
    data = beside.read_bytes() if beside.exists() else b""
    lines = _beyond_ascii(head if main.suffix == ".tab" else head + b"\n" + data)
    judged = best_of(lines)
    if main.suffix == ".tab":
        table = table_encoding(data, b"")
        judged = table.encoding if table.shown else judged
        lines = lines or ([b""] if table.shown else [])
    python = _chosen(judged, file, encoding)
    said = _CHARSET.search(head)
    declared = said[2].decode("ascii", "replace") if said else ""
    if not lines or not python or declared.casefold() == _OF_MAPINFO[python].casefold():
        return []
    main.unlink()
    main.write_bytes(_with_charset(head, main.suffix, _OF_MAPINFO[python].encode()))
    shown = sample([line.decode(python, "ignore") for line in lines if line])
    if main.suffix == ".tab":
        shown = table.shown or shown
    return [] if encoding else [_found(python, shown, declared)]


def _with_charset(head: bytes, suffix: str, charset: bytes) -> bytes:
    if _CHARSET.search(head):
        # One of the two places in a TAB has quotes, the other has none.
        return _CHARSET.sub(lambda m: m[1] + (b'"%s"' if b'"' in m[0] else b"%s") % charset, head)
    if suffix == ".tab":
        return re.sub(rb"(?i)(type[ \t]+native)", rb'\1 Charset "%s"' % charset, head, count=1)
    return re.sub(rb"(?i)(version[^\n]*\n)", rb'\1Charset "%s"\n' % charset, head, count=1)


def options_of_dxf(main: Path, file: str, encoding: str) -> tuple[Mapping[str, str], list[Remark]]:
    """How GDAL has to read the texts of a DXF, which often does not say its code page."""
    raw = main.read_bytes()
    lines = _beyond_ascii(raw) if not raw.startswith(b"AutoCAD Binary DXF") else []
    python = _chosen(best_of(lines), file, encoding) if lines else ""
    if not python:
        return {}, []
    found = _CODE_PAGE.search(raw[:100_000])
    declared = found[1].decode("ascii", "replace") if found else ""
    is_said = python == "gb18030" and declared.upper() in ("ANSI_936", "GB2312", "GBK")
    remarks = [] if is_said or encoding or python == "utf-8" else [
        _found(python, sample([line.decode(python, "ignore") for line in lines]), declared)
    ]  # fmt: skip
    return {"DXF_ENCODING": _OF_GDAL[python]}, remarks


def _beyond_ascii(raw: bytes) -> list[bytes]:
    return [line for line in raw.splitlines() if not line.isascii()][:_JUDGED_LINES]


def _chosen(judged: Encoding | None, file: str, encoding: str) -> str:
    """The encoding by the name this module knows it by; empty where the texts do not tell."""
    if not encoding:
        return judged.python if judged is not None and judged.python in _OF_GDAL else ""
    python = _ANSWERS.get(encoding.strip().lower(), "")
    if not python:
        known = ", ".join(dict.fromkeys(_ANSWERS.values()))
        raise refused(file, "answer.wrong", id="encoding", value=encoding, known=known)
    return python


def _found(python: str, shown: str, declared: str) -> Remark:
    other = f"(≠ {declared})" if declared else ""
    details = {"encoding": Encoding(python, False).name, "sample": shown, "other": other}
    return Remark("encoding.found", details=details)
