"""QGIS style files (QML): our colours, dashes, hatching, classes and names.

The files are written in the form that every QGIS since 3.0 reads.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as Xml

from geoplan.exchange.outgoing.fields import Field
from geoplan.exchange.outgoing.looks import Condition, Look, Names
from geoplan.exchange.prints.marks import Style
from geoplan.plan.problems import Language

Form = str
"""What QGIS draws areas, lines and points with: ``fill``, ``line``, ``marker``."""

_MM_PER_PT = 25.4 / 72
# 微软雅黑 is on the computers of those who plan; where it is not, QGIS takes another.
_FONT = "Microsoft YaHei"
_HATCH_MM = 1.6
_HALO_MM = 0.7
_LEAST_POINT_MM = 1.8
_SPACE = uuid.UUID("6f1c6a0e-5a0b-4f59-9f0e-3b7d0f3c2a11")
_MARKERS = {
    "o": ("circle", 0), "s": ("square", 0), "^": ("triangle", 0), "v": ("triangle", 180),
    "D": ("diamond", 0), "P": ("cross_fill", 0), "X": ("cross_fill", 45), "*": ("star", 0),
    "h": ("hexagon", 0),
}  # fmt: skip


def qml(look: Look, form: Form, fields: Sequence[Field] = (), language: Language = "zh") -> str:
    """A look as a QGIS style file.

    Parameters
    ----------
    form :
        ``fill`` for areas, ``line`` or ``marker``.
    fields :
        Their titles become the aliases that attribute tables and forms show.
    """
    root = Xml.Element("qgis", version="3.22.0", styleCategories="Symbology|Labeling|Fields")
    root.set("labelsEnabled", str(int(look.names is not None)))
    root.append(_renderer(look, form))
    if look.names is not None:
        root.append(_labelling(look.names, form))
    root.append(_aliases(fields, language))
    Xml.indent(root)
    text = Xml.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}\n"


def _renderer(look: Look, form: Form) -> Xml.Element:
    renderer = Xml.Element("renderer-v2", type="RuleRenderer", forceraster="0", enableorderby="0")
    levels = {rule.level for rule in look.rules}
    renderer.set("symbollevels", str(int(len(levels) > 1)))
    rules = Xml.SubElement(renderer, "rules", key=_key("root"))
    symbols = Xml.Element("symbols")
    for number, rule in enumerate(look.rules):
        said = {"symbol": str(number), "label": _clean(rule.label)}
        said["key"] = _key(f"{number} {rule.label}")
        if rule.conditions:
            said["filter"] = " AND ".join(map(expression, rule.conditions))
        if rule.is_rest:
            said["filter"] = "ELSE"
        if not rule.is_shown:
            said["checkstate"] = "0"
        Xml.SubElement(rules, "rule", said)
        symbol = _symbol(str(number), form, rule.style)
        for layer in symbol.iterfind("layer"):
            layer.set("pass", str(rule.level))
        symbols.append(symbol)
    renderer.append(symbols)
    return renderer


def _key(text: str) -> str:
    return f"{{{uuid.uuid5(_SPACE, text)}}}"


def expression(condition: Condition) -> str:
    """A condition in QGIS's language of expressions.

    Examples
    --------
    >>> print(expression(Condition("kind", "in", ("park", "it's"))))
    "kind" IN ('park', 'it''s')
    >>> expression(Condition("x", "missing"))
    '"x" IS NULL'
    """
    column = '"' + condition.column.replace('"', '""') + '"'
    if condition.test == "missing":
        return f"{column} IS NULL"
    if condition.test in ("in", "not in"):
        listed = ", ".join(map(_literal, condition.value))
        return f"{column} {condition.test.upper()} ({listed})"
    return f"{column} {condition.test} {_literal(condition.value)}"


def _literal(value: object) -> str:
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def _symbol(name: str, form: Form, style: Style) -> Xml.Element:
    symbol = Xml.Element(
        "symbol", type=form, name=name, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    if form == "fill":
        symbol.append(_simple_fill(style))
        if style.hatch:
            symbol.append(_hatching(name, style))
        if style.edge and style.dash_pt:
            symbol.append(_line(style))
    elif form == "line":
        symbol.append(_line(style))
    else:
        symbol.append(_marker(style))
    return symbol


def _layer(kind: str, properties: Mapping[str, object]) -> Xml.Element:
    layer = Xml.Element("layer", {"class": kind, "pass": "0", "enabled": "1", "locked": "0"})
    for key, value in properties.items():
        Xml.SubElement(layer, "prop", k=key, v=str(value))
    return layer


def _simple_fill(style: Style) -> Xml.Element:
    drawn = style.edge and not style.dash_pt
    return _layer(
        "SimpleFill",
        {
            "color": _rgba(style.fill or "#FFFFFF", style.strength if style.fill else 0.0),
            "style": "solid" if style.fill else "no",
            "outline_color": _rgba(style.edge or "#000000"),
            "outline_style": "solid" if drawn else "no",
            "outline_width": _mm(style.width_pt),
            "outline_width_unit": "MM",
            "joinstyle": "round",
        },
    )


def _hatching(name: str, style: Style) -> Xml.Element:
    layer = _layer(
        "LinePatternFill",
        {
            "angle": 45, "distance": _HATCH_MM, "distance_unit": "MM", "line_width": 0.18,
            "line_width_unit": "MM", "color": _rgba(style.hatch), "offset": 0,
            "offset_unit": "MM",
        },
    )  # fmt: skip
    inner = Xml.SubElement(
        layer, "symbol", type="line", name=f"@{name}@1", alpha="1", clip_to_extent="1",
        force_rhr="0",
    )  # fmt: skip
    inner.append(_line(Style(edge=style.hatch, width_pt=0.18 / _MM_PER_PT)))
    return layer


def _line(style: Style) -> Xml.Element:
    dash = ";".join(_mm(length) for length in style.dash_pt)
    return _layer(
        "SimpleLine",
        {
            "line_color": _rgba(style.edge or style.fill or "#000000"),
            "line_style": "solid",
            "line_width": _mm(style.width_pt),
            "line_width_unit": "MM",
            "use_custom_dash": int(bool(dash)),
            "customdash": dash or "5;2",
            "customdash_unit": "MM",
            "capstyle": "flat" if dash else "round",
            "joinstyle": "round",
        },
    )


def _marker(style: Style) -> Xml.Element:
    name, angle = _MARKERS.get(style.marker, ("circle", 0))
    # Pale fills are for areas; a point that small would vanish.
    return _layer(
        "SimpleMarker",
        {
            "name": name,
            "angle": angle,
            "size": max(float(_mm(style.size_pt)), _LEAST_POINT_MM),
            "size_unit": "MM",
            "color": _rgba(style.fill or style.edge or "#000000", max(style.strength, 0.5)),
            "outline_color": _rgba(style.edge or "#000000"),
            "outline_style": "dash" if style.dash_pt else "solid",
            "outline_width": _mm(style.width_pt),
            "outline_width_unit": "MM",
        },
    )


def _mm(points: float) -> str:
    return f"{points * _MM_PER_PT:.3f}".rstrip("0").rstrip(".")


def _rgba(colour: str, strength: float = 1.0) -> str:
    channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return ",".join(str(channel) for channel in (*channels, round(255 * strength)))


def _labelling(names: Names, form: Form) -> Xml.Element:
    labelling = Xml.Element("labeling", type="simple")
    settings = Xml.SubElement(labelling, "settings", calloutType="simple")
    style = Xml.SubElement(
        settings,
        "text-style",
        fieldName=_first_of(names.columns),
        isExpression="1",
        fontFamily=_FONT,
        fontSize=f"{names.size_pt:g}",
        fontSizeUnit="Point",
        fontWeight="75" if names.is_bold else "50",
        fontBold=str(int(names.is_bold)),
        textColor=_rgba(names.colour),
        textOpacity="1",
        multilineHeight="1",
    )
    Xml.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize=f"{_HALO_MM:g}",
        bufferSizeUnits="MM",
        bufferColor="255,255,255,217",
        bufferJoinStyle="128",
        bufferNoFill="1",
    )
    # Over the point, around the point, along the line: as QGIS numbers them.
    placement = {"fill": "1", "marker": "6", "line": "2"}[form]
    Xml.SubElement(
        settings, "placement", placement=placement, dist="0.6", distUnits="MM", priority="5",
        placementFlags="10", fitInPolygonOnly="0", centroidInside="1", centroidWhole="0",
        quadOffset="4",
    )  # fmt: skip
    Xml.SubElement(
        settings, "rendering", obstacle="1", displayAll="0", drawLabels="1", scaleVisibility="0",
        limitNumLabels="0", mergeLines="1",
    )  # fmt: skip
    return labelling


def _first_of(columns: Iterable[str]) -> str:
    """The first filled one of some columns, as an expression.

    Examples
    --------
    >>> _first_of(["a", "b"])
    'coalesce("a", "b")'
    """
    quoted = ['"' + column.replace('"', '""') + '"' for column in columns]
    return quoted[0] if len(quoted) == 1 else f"coalesce({', '.join(quoted)})"


def _aliases(fields: Sequence[Field], language: Language) -> Xml.Element:
    aliases = Xml.Element("aliases")
    for number, field in enumerate(fields):
        said: dict[str, Any] = {"field": field.name, "index": str(number)}
        title = field.heading(language)
        Xml.SubElement(aliases, "alias", said, name=_clean(title) if title != field.name else "")
    return aliases


def _clean(text: str) -> str:
    """A text without what XML cannot hold."""
    return "".join(
        c for c in text if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )  # fmt: skip
