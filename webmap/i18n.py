"""Every word of the pages in Chinese and English.

``translations/<language>/<namespace>.json`` holds one flat mapping per page;
the key ``map.layers`` is ``layers`` of the namespace ``map``. Names that come
from a plan are not translated here: the plan gives both.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast
from urllib.parse import urlencode

from flask import Flask, current_app, g, request
from markupsafe import Markup, escape

from geoplan.plan.problems import Language

LANGUAGES: tuple[Language, ...] = ("zh", "en")
HTML_LANG: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}

_FOLDER = Path(__file__).with_name("translations")

Strings = Mapping[Language, Mapping[str, Mapping[str, str]]]


def read_strings(folder: Path = _FOLDER) -> Strings:
    """Language → namespace → key → text."""
    return {
        language: {
            path.stem: json.loads(path.read_text("utf-8"))
            for path in sorted((folder / language).glob("*.json"))
        }
        for language in LANGUAGES
    }


def translate(app: Flask) -> None:
    """Give an application its words; templates get ``t``, ``lang`` and ``both``."""
    app.extensions["strings"] = read_strings()
    app.jinja_env.globals.update(t=t, both=both, strings=strings, url_in=url_in)


def language() -> Language:
    """The language of the current request: ``?lang=``, else the plan's."""
    return cast(Language, g.language)


def settle_language(default: str) -> bool:
    """Choose the language of the current request; whether what was asked for is known."""
    # The pages' scripts say their language in a header, so that an address has one answer.
    spoken = request.headers.get("X-Language", "")
    asked = request.args.get("lang", spoken if spoken in LANGUAGES else default)
    known = asked in LANGUAGES
    g.language = asked if known else default if default in LANGUAGES else LANGUAGES[0]
    return known


def strings(namespace: str) -> Mapping[str, str]:
    """All texts of a namespace in the request's language, for a page's script."""
    found: Strings = current_app.extensions["strings"]
    return found[language()].get(namespace, {})


def t(key: str, **values: object) -> str:
    """A text of the pages in the request's language.

    Parameters
    ----------
    key :
        Namespace, a dot, the key in that namespace.
    values :
        Put where the text says ``{name}``; they are data, and never read as a
        pattern themselves.

    Raises
    ------
    KeyError
        There is no such text, and the application is being tested. A user sees
        the key instead of an error page.
    """
    namespace, _, name = key.partition(".")
    found = strings(namespace).get(name)
    if found is None:
        if current_app.testing:
            raise KeyError(f"translations/{language()}/{namespace}.json has no “{name}”")
        return key
    return found.format_map(values) if values else found


def both(zh: object, en: object) -> Markup:
    """A name of the plan in the request's language.

    What has no English name keeps its Chinese one, marked as Chinese.
    """
    chinese = str(zh) if isinstance(zh, str) else ""
    english = str(en) if isinstance(en, str) else ""
    if language() == "zh" or not english or english == chinese:
        if language() == "zh" or chinese.isascii():
            return escape(chinese)
        return Markup('<span lang="zh-CN">{}</span>').format(chinese)
    return escape(english)


def url_in(asked: Language) -> str:
    """The current page in another language: a query alone, which keeps the path."""
    kept = [pair for pair in request.args.items(multi=True) if pair[0] != "lang"]
    return "?" + urlencode([*kept, ("lang", asked)], safe=",:")
