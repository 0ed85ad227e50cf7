"""A brief as TOML: what people edit by hand, from what the page knows as fields."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(content: Mapping[str, Any]) -> str:
    """A mapping as TOML; entries without a value are left out, for TOML has none.

    Mappings up to the second level become tables, lists of mappings on the
    first level arrays of tables; what lies deeper stands on one line.

    Examples
    --------
    >>> print(toml_text({"title": "机器人", "project": {"land_mu": 150}, "rules": [{"id": "a"}]}))
    title = "机器人"
    <BLANKLINE>
    [project]
    land_mu = 150
    <BLANKLINE>
    [[rules]]
    id = "a"
    <BLANKLINE>
    """
    return "\n".join([*_entries(content), *_tables(content, ())]).lstrip("\n") + "\n"


def _said(content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in content.items() if value is not None)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)


def _is_table(name: str, value: Any) -> bool:
    # A collection of features is one thing to keep, not to edit.
    return isinstance(value, Mapping) and name != "features"


def _entries(content: Mapping[str, Any]) -> Iterator[str]:
    for name, value in _said(content):
        if not _is_table(name, value) and not _is_rows(value):
            yield f"{_key(name)} = {_value(value)}"


def _tables(content: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    for name, value in _said(content):
        heading = ".".join(map(_key, (*path, name)))
        if _is_table(name, value):
            own, inner = list(_entries(value)), list(_tables(value, (*path, name)))
            if own or not inner:
                yield from ("", f"[{heading}]", *own)
            yield from inner
        elif _is_rows(value):
            for row in value:
                yield from ("", f"[[{heading}]]", *_entries(row), *_tables(row, (*path, name)))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(value: str) -> str:
    # Strings of JSON are strings of TOML, but for one character that TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        pairs = (f"{_key(name)} = {_value(one)}" for name, one in _said(value))
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value if one is not None) + "]"
    return repr(value)
