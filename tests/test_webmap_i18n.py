"""Every word in two languages: the same keys, all used, none missing, no Chinese in English."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import ROOT, TINY
from flask import g

from webmap import create_app
from webmap.i18n import both, read_strings, t

WEBMAP = ROOT / "webmap"
STRINGS = read_strings()
NAMESPACES = sorted(set(STRINGS["zh"]) | set(STRINGS["en"]))
FILES = [
    path
    for pattern in ("*.py", "templates/*", "static/*.js")
    for path in sorted(WEBMAP.glob(pattern))
]
CODE = {path: path.read_text("utf-8") for path in FILES}
PAGES = (
    "/", "/ledger", "/targets", "/data", "/data/import", "/nowhere", "/?s=robots&o=projects:p1",
)  # fmt: skip
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")

ANY = "|".join(NAMESPACES)
QUOTED = re.compile(rf"""["'`]((?:{ANY})\.[A-Za-z0-9_.-]+)["'`]""")
BUILT = re.compile(rf"""["'`]((?:{ANY})\.[A-Za-z0-9_.-]*)(?:\$\{{|\{{|["']\s*[~+])""")
WORD = re.compile(r"""["'`]([a-z][a-z0-9_]*)["'`]""")
MARKED = re.compile(r"""data-t(?:-[a-z-]+)?=["']([a-z0-9_]+)["']""")


def used() -> tuple[set[str], set[str]]:
    """Keys that stand in the code, and beginnings of keys that code completes."""
    exact, beginnings = set(), set()
    for text in CODE.values():
        exact |= set(QUOTED.findall(text))
        exact |= {f"map.{key}" for key in MARKED.findall(text)}
        built = set(BUILT.findall(text))
        beginnings |= {beginning for beginning in built if not beginning.endswith(".")}
        # A whole key that code completes is one of the words that stand somewhere in quotes.
        for namespace in {beginning for beginning in built if beginning.endswith(".")}:
            words = {word for code in CODE.values() for word in WORD.findall(code)}
            exact |= {namespace + word for word in words}
    return exact, beginnings


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_both_languages_have_the_same_keys(namespace: str) -> None:
    assert set(STRINGS["zh"].get(namespace, {})) == set(STRINGS["en"].get(namespace, {}))


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_both_languages_fill_in_the_same_values(namespace: str) -> None:
    for key, chinese in STRINGS["zh"][namespace].items():
        english = STRINGS["en"][namespace][key]
        assert set(re.findall(r"\{\w+\}", chinese)) == set(re.findall(r"\{\w+\}", english)), key
        assert chinese
        assert english


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_english_texts_are_english(namespace: str) -> None:
    texts = STRINGS["en"][namespace].items()
    assert [key for key, text in texts if HAN.search(text) and "万元" not in text] == []


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_key_is_used(namespace: str) -> None:
    exact, beginnings = used()
    unused = [
        key
        for key in (f"{namespace}.{name}" for name in STRINGS["zh"][namespace])
        if key not in exact and not any(key.startswith(beginning) for beginning in beginnings)
    ]
    assert unused == []


def test_every_used_key_exists() -> None:
    known = {f"{n}.{key}" for n in NAMESPACES for key in STRINGS["zh"][n]}
    endings = ("json", "html", "js", "css", "py")
    names = {key for text in CODE.values() for key in QUOTED.findall(text)}
    marked = {key for text in CODE.values() for key in MARKED.findall(text)}
    # The carried file brings texts of the frame along with those of the map.
    assert sorted(marked - set(STRINGS["zh"]["map"]) - set(STRINGS["zh"]["frame"])) == []
    names = {key for key in names if key.rpartition(".")[2] not in endings}
    # What ends so is the beginning of a key; it is looked at below.
    names = {key for key in names if not key.endswith("_")}
    assert sorted(names - known - set(create_app(TINY).view_functions)) == []
    _, beginnings = used()
    assert [b for b in beginnings if not any(key.startswith(b) for key in known)] == []


def test_a_missing_text_fails_a_test_and_not_a_user() -> None:
    for testing in (True, False):
        app = create_app(TINY, {"TESTING": testing})
        with app.test_request_context("/"):
            g.language = "en"
            if testing:
                with pytest.raises(KeyError, match="no_such_key"):
                    t("frame.no_such_key")
            else:
                assert t("frame.no_such_key") == "frame.no_such_key"


def test_a_value_is_no_pattern() -> None:
    with create_app(TINY).test_request_context("/"):
        g.language = "en"
        assert "{known}" in t("frame.error_parameter", name="{known}", known="a")


@pytest.mark.parametrize(
    ("lang", "zh", "en", "shown"),
    [
        ("zh", "甲<", "A", "甲&lt;"),
        ("en", "甲", "A<", "A&lt;"),
        ("en", "甲<", None, '<span lang="zh-CN">甲&lt;</span>'),
        ("en", "甲", "甲", '<span lang="zh-CN">甲</span>'),
        ("en", "OTIS", float("nan"), "OTIS"),
    ],
)
def test_names_without_english_are_marked_as_chinese(
    lang: str, zh: str, en: object, shown: str
) -> None:
    with create_app(TINY).test_request_context("/"):
        g.language = lang
        assert str(both(zh, en)) == shown


class Unmarked(HTMLParser):
    """Collects Chinese that stands in no element marked as such."""

    VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr")
    SHOWN = ("title", "aria-label", "placeholder", "alt", "value", "content", "label")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.stack: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        marked = bool(self.stack and self.stack[-1][1])
        if "lang" in given:
            marked = str(given["lang"]).startswith("zh")
        marked = marked or "data-zh" in given or tag in ("script", "style")
        if not marked:
            texts = [str(given[name]) for name in self.SHOWN if given.get(name)]
            self.found += [text for text in texts if HAN.search(text)]
        if tag not in self.VOID:
            self.stack.append((tag, marked))

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if HAN.search(data) and not (self.stack and self.stack[-1][1]):
            self.found.append(data.strip())


def english_pages(folder: Path) -> Iterator[tuple[str, str]]:
    app = create_app(folder)
    app.testing = True
    client = app.test_client()
    routes = {rule.rule for rule in app.url_map.iter_rules()}
    for path in PAGES:
        if path.partition("?")[0] in routes or path == "/nowhere":
            joined = path + ("&" if "?" in path else "?") + "lang=en"
            yield path, client.get(joined).text


def test_english_pages_show_no_unmarked_chinese() -> None:
    for path, text in english_pages(TINY):
        assert '<html lang="en"' in text
        parser = Unmarked()
        parser.feed(text)
        assert parser.found == [], path


def test_the_parser_sees_what_it_should() -> None:
    parser = Unmarked()
    parser.feed('<p title="甲">乙<br><b lang="zh">丙</b><i data-zh>丁</i><script>戊</script>己')
    assert parser.found == ["甲", "乙", "己"]
