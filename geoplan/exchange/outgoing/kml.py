"""KML and KMZ: places with names, descriptions, our colours, and all columns as extended data.

The format knows neither dashes nor hatching; what is approximate is pale.
"""

import html
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely

from geoplan.exchange.files.zipping import zip_files
from geoplan.exchange.outgoing.corners import DECIMALS, rounded
from geoplan.exchange.outgoing.encoding import lonlat, plain_values, without_shapes
from geoplan.exchange.outgoing.fields import FieldKind, kind_of
from geoplan.exchange.outgoing.ogr import different, json_text, tell_renamed
from geoplan.exchange.outgoing.order import Order, Part, day_of
from geoplan.exchange.outgoing.provenance import summary_of, title_of
from geoplan.exchange.prints.marks import Style
from geoplan.plan.problems import Language

MEDIA_TYPE = "application/vnd.google-earth.kml+xml"
_BLOCK = 1_000
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n'
_XML_ID = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_INT32 = 2**31
_LEAST_STRENGTH = 0.25
_LONGEST_SHOWN = 400


def write_kml(path: Path, parts: Sequence[Part], order: Order) -> None:
    """Write parts as documents inside one KML document."""
    with path.open("wb") as file:
        _write(file, parts, order)


def write_kmz(path: Path, parts: Sequence[Part], order: Order) -> None:
    """Write parts as a KML document in its archive."""
    buffer = io.BytesIO()
    _write(buffer, parts, order)
    zip_files(path, [("doc.kml", buffer.getvalue())], day_of(parts, order))


def _write(file: BinaryIO, parts: Sequence[Part], order: Order) -> None:
    total, done = sum(len(part.frame) for part in parts), 0
    file.write(_HEAD.encode())
    title = title_of(parts[0].origin, order.language) if parts else "geoplan"
    if len(parts) > 1:
        title = parts[0].origin["plan"][f"title_{order.language}"]
    about = "\n\n".join(summary_of(part.origin, order.language) for part in parts)
    file.write(f"<Document>\n{_said('name', title)}{_said('description', about)}".encode())
    names = different([part.name for part in parts])
    used: set[str] = set()
    for part, name in zip(parts, names, strict=True):
        file.write("".join(_styles(part, name)).encode())
    for part, name in zip(parts, names, strict=True):
        bare = without_shapes(part.frame)
        tell_renamed(part.name, bare, _field_names(bare), order.tell)
        folder = part.dataset.title[order.language]
        # A document of its own: GDAL looks for the schema of a KMZ nowhere else.
        file.write(f"<Document id={_id(name)}>\n{_said('name', folder)}".encode())
        file.write(_schema(part, name).encode())
        ids = _free_ids(part, used)
        for count, text in _placemarks(part, name, ids, order.language):
            file.write(text.encode())
            done += count
            if order.progress is not None:
                order.progress(done, total)
        file.write(b"</Document>\n")
    file.write(b"</Document>\n</kml>\n")


def _said(tag: str, text: str) -> str:
    return f"<{tag}>{_text(text)}</{tag}>\n" if text else ""


def _text(text: str) -> str:
    """A text as XML holds it; what XML cannot hold becomes “�”."""
    if text.isprintable():
        return escape(text)
    kept = "".join(
        c
        if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
        else "\ufffd"
        for c in text
    )
    # A carriage return that is written as such comes back as a line feed.
    return escape(kept, {"\r": "&#13;"})


def _id(name: str) -> str:
    return quoteattr("".join(c if c.isalnum() or c in "_-" else "_" for c in name))


def _styles(part: Part, name: str) -> Iterator[str]:
    rules = part.look.rules if part.look is not None else ()
    letters = part.look.names.colour if part.look is not None and part.look.names else "#26221E"
    for number, rule in enumerate(rules):
        yield _style(_style_name(name, number), rule.style, letters)


def _style_name(name: str, number: int) -> str:
    return f"style-{name}-{number}"


def _style(name: str, style: Style, letters: str) -> str:
    edge = style.edge or style.fill or "#6B645B"
    fill = style.fill or style.hatch
    strength = style.strength if style.fill else _LEAST_STRENGTH / 2
    width = max(1.0, style.width_pt * 1.6)
    return (
        f"<Style id={_id(name)}>"
        f"<IconStyle><color>{_colour(style.fill or edge, 1.0)}</color><scale>0.6</scale></IconStyle>"
        f"<LabelStyle><color>{_colour(letters, 1.0)}</color><scale>0.8</scale></LabelStyle>"
        f"<LineStyle><color>{_colour(edge, 1.0)}</color><width>{width:g}</width></LineStyle>"
        f"<PolyStyle><color>{_colour(fill or edge, strength if fill else 0.0)}</color>"
        f"<fill>{int(bool(fill))}</fill><outline>{int(bool(style.edge))}</outline></PolyStyle>"
        "</Style>\n"
    )


def _colour(colour: str, strength: float) -> str:
    """Opacity, blue, green, red.

    Examples
    --------
    >>> _colour("#102030", 1.0)
    'ff302010'
    """
    return f"{round(255 * strength):02x}{colour[5:7]}{colour[3:5]}{colour[1:3]}".lower()


def _schema_name(name: str) -> str:
    return f"fields-{name}"


def _schema(part: Part, name: str) -> str:
    titles = {field.name: field for field in part.dataset.fields}
    rows = []
    kinds = _kinds(part)
    for own, (column, kind) in zip(_field_names(kinds), kinds.items(), strict=True):
        field = titles.get(column)
        shown = field.heading("zh") + " / " + field.heading("en") if field else column
        rows.append(
            f"<SimpleField type={quoteattr(kind)} name={quoteattr(own)}>"
            f"<displayName>{_text(shown)}</displayName></SimpleField>"
        )
    return (
        f"<Schema id={_id(_schema_name(name))} name={_id(name)}>\n"
        + "\n".join(rows)
        + "\n</Schema>\n"
    )


def _field_names(columns: Iterable[Any]) -> tuple[str, ...]:
    """Names of the columns as the document has them; readers take no notice of case."""
    return different(["".join(c for c in str(name) if c.isprintable()) for name in columns])


def _kinds(part: Part) -> dict[str, str]:
    """Type of each column as KML names it; numbers beyond 32 bits are text, to keep their digits."""
    rows = without_shapes(part.frame)
    found = {}
    for name in rows.columns:
        kind = kind_of(rows[name])
        known: Mapping[FieldKind, str] = {"integer": "int", "number": "double", "flag": "bool"}
        own = known.get(kind, "string")
        if own == "int" and not rows[name].dropna().between(-_INT32, _INT32 - 1).all():
            own = "string"
        found[str(name)] = own
    return found


def _free_ids(part: Part, used: set[str]) -> Sequence[str]:
    """The rows' ids, where all of them may be ids of XML and none is used yet."""
    if "id" not in part.frame:
        return ()
    ids = [str(value) for value in part.frame["id"]]
    if len({*ids, *used}) < len(ids) + len(used) or not all(map(_XML_ID.fullmatch, ids)):
        return ()
    used.update(ids)
    return ids


def _placemarks(
    part: Part, name: str, ids: Sequence[str], language: Language
) -> Iterator[tuple[int, str]]:
    shapes = rounded(lonlat(part.frame), DECIMALS)
    rows = without_shapes(part.frame)
    rule_of = part.look.rule_of(part.frame) if part.look is not None else np.full(len(rows), -1)
    heads = [_head(part, name, int(number)) for number in range(-1, rule_of.max(initial=-1) + 1)]
    fields = {field.name: field for field in part.dataset.fields}
    titles = [fields[str(c)].heading(language) if str(c) in fields else str(c) for c in rows]
    heads_of = [f"<tr><th align='left'>{html.escape(title)}</th><td>" for title in titles]
    opens = [f"<SimpleData name={quoteattr(name)}>" for name in _field_names(rows)]
    schema = quoteattr("#" + _id(_schema_name(name))[1:-1])
    for start in range(0, len(rows), _BLOCK):
        block = rows.iloc[start : start + _BLOCK]
        columns = {str(c): [_cell(v) for v in plain_values(block[c])] for c in block.columns}
        names = _names(columns, language, len(block))
        made = []
        for i, cells in enumerate(zip(*columns.values(), strict=True)):
            visible, style = heads[rule_of[start + i] + 1]
            made += [
                f'<Placemark id="{ids[start + i]}">\n' if ids else "<Placemark>\n",
                _said("name", names[i]),
                visible,
                _said("description", _table(heads_of, cells)),
                style,
                f"<ExtendedData><SchemaData schemaUrl={schema}>",
                *[
                    f"{opening}{_text(cell)}</SimpleData>"
                    for opening, cell in zip(opens, cells, strict=True)
                    if cell is not None
                ],
                "</SchemaData></ExtendedData>\n",
                _geometry(shapes[start + i]),
                "</Placemark>\n",
            ]
        yield len(block), "".join(made)


def _head(part: Part, name: str, number: int) -> tuple[str, str]:
    """What places of one rule share: whether they are seen, and their style."""
    if number < 0 or part.look is None:
        return "", ""
    visible = "" if part.look.rules[number].is_shown else "<visibility>0</visibility>\n"
    return visible, f"<styleUrl>#{_id(_style_name(name, number))[1:-1]}</styleUrl>\n"


def _cell(value: Any) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return str(int(value))
    return value if isinstance(value, str) else json_text(value)


def _names(columns: Mapping[str, Sequence[Any]], language: Language, count: int) -> list[str]:
    order = ("name_zh", "name_en") if language == "zh" else ("name_en", "name_zh")
    known = [columns[column] for column in (*order, "name", "id", "code") if column in columns]
    return [next((own[i] for own in known if own[i]), "") for i in range(count)]


def _table(heads: Sequence[str], cells: Sequence[str | None]) -> str:
    """The columns as a table; what shows it takes it for HTML, so every text is made harmless."""
    rows = [
        f"{head}{html.escape(_short(cell))}</td></tr>"
        for head, cell in zip(heads, cells, strict=True)
        if cell
    ]
    return f"<table>{''.join(rows)}</table>"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _geometry(shape: Any) -> str:
    if shape is None or shape.is_empty:
        return ""
    kind = shape.geom_type
    if kind == "Point":
        return f"<Point>{_corners(shape)}</Point>\n"
    if kind in ("LineString", "LinearRing"):
        return f"<LineString><tessellate>1</tessellate>{_corners(shape)}</LineString>\n"
    if kind == "Polygon":
        shape = shapely.orient_polygons(shape)
        holes = "".join(
            f"<innerBoundaryIs><LinearRing>{_corners(ring)}</LinearRing></innerBoundaryIs>"
            for ring in shape.interiors
        )
        outer = f"<LinearRing>{_corners(shape.exterior)}</LinearRing>"
        return f"<Polygon><outerBoundaryIs>{outer}</outerBoundaryIs>{holes}</Polygon>\n"
    return f"<MultiGeometry>{''.join(map(_geometry, shape.geoms))}</MultiGeometry>\n"


def _corners(shape: Any) -> str:
    corners = shapely.get_coordinates(shape, include_z=bool(shape.has_z)).tolist()
    return f"<coordinates>{' '.join(','.join(map(_number, c)) for c in corners)}</coordinates>"


def _number(value: float) -> str:
    return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
