"""What a request may ask: known parameters with known values, or a 400 that says so."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import request

from geoplan.errors import GeoplanError
from webmap.i18n import t

Reader = Callable[[str], Any]

_LONGEST = 200


class AskedWrongError(GeoplanError):
    """The request cannot be answered: an unknown parameter, value or name."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def asked(readers: Mapping[str, Reader]) -> dict[str, Any]:
    """The parameters of the current request, each read by its reader.

    ``lang`` is always allowed. A parameter that is absent is absent from the
    result.

    Raises
    ------
    AskedWrongError
        A parameter is unknown, given twice, or has a value its reader refuses.
    """
    found = {}
    for name, values in request.args.lists():
        if name == "lang":
            continue
        if name not in readers:
            known = ", ".join(sorted([*readers, "lang"]))
            raise AskedWrongError(400, t("frame.error_parameter", name=_short(name), known=known))
        if len(values) > 1:
            raise AskedWrongError(400, t("frame.error_twice", name=_short(name)))
        try:
            found[name] = readers[name](values[0])
        except ValueError as error:
            message = t("frame.error_value", name=name, value=_short(values[0]), choices=str(error))
            raise AskedWrongError(400, message) from error
    return found


def one_of(choices: Iterable[str]) -> Reader:
    """One of some words."""
    allowed = list(choices)

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(", ".join(allowed[:40]) + (" …" if len(allowed) > 40 else ""))
        return text

    return read


def whole(least: int, most: int) -> Reader:
    """A whole number between two bounds."""

    def read(text: str) -> int:
        digits = text if text.isascii() and text.isdigit() and len(text) < 10 else "-1"
        if not least <= int(digits) <= most:
            raise ValueError(f"{least} – {most}")
        return int(digits)

    return read


def flag(text: str) -> bool:
    """Yes (1) or no (0)."""
    if text not in ("0", "1"):
        raise ValueError("0, 1")
    return text == "1"


def words(text: str) -> str:
    """A short text."""
    if len(text) > _LONGEST:
        raise ValueError(t("frame.error_long", limit=_LONGEST))
    return text


def missing(kind: str, key: str) -> AskedWrongError:
    """The error for something the plan does not hold."""
    return AskedWrongError(404, t("frame.error_missing", kind=_short(kind), name=_short(key)))


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
