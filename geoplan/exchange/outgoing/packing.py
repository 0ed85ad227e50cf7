"""A whole plan in one archive: tables, layers, results, styles, dictionary, sources, checksums.

Unpacked it is a plan folder again. The same plan gives the same bytes.
"""

import csv
import hashlib
import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd

from geoplan.errors import OutputError
from geoplan.exchange.files.replacing import replaced
from geoplan.exchange.files.writing import toml_text
from geoplan.exchange.files.zipping import zip_files
from geoplan.exchange.outgoing.dataset import Dataset
from geoplan.exchange.outgoing.datasets import datasets
from geoplan.exchange.outgoing.encoding import Progress, geojson_bytes
from geoplan.exchange.outgoing.exporting import refuse_own_folder
from geoplan.exchange.outgoing.formats import FORMATS, Format, style_text
from geoplan.exchange.outgoing.looks import look_of
from geoplan.exchange.outgoing.order import LONLAT, Order, Part, Tell, day_of
from geoplan.exchange.outgoing.packwords import readme
from geoplan.exchange.outgoing.provenance import provenance
from geoplan.exchange.outgoing.tabular import csv_texts, guarded, vocabulary_text
from geoplan.plan.layers import Layer
from geoplan.plan.opening import PLAN_FILE, Plan
from geoplan.plan.problems import Language
from geoplan.schema import TABLES

USUAL_FORMATS = ("gpkg", "xlsx")
CHECKSUMS = "SHA256SUMS"
_LICENCES = "DATA_LICENCES.md"
_BOM = "\ufeff"


def pack(
    plan: Plan,
    to: Path,
    formats: Sequence[str] = USUAL_FORMATS,
    language: Language = "zh",
    *,
    today: date | None = None,
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> Path:
    """Write the whole plan as one zip archive.

    Parameters
    ----------
    formats :
        In which formats all datasets are added, besides CSV tables and GeoJSON
        layers, which are always there; see :data:`geoplan.exchange.outgoing.formats.FORMATS`.
    language :
        Of titles and styles; README and dictionary are in both.
    today :
        A day to write into the files. Without it nothing depends on the day,
        so that the same plan gives the same archive.

    Raises
    ------
    OutputError
        A format is not known, the place is part of a plan, or the file cannot
        be written.
    """
    if not to.name.lower().endswith(".zip"):
        raise OutputError(f"{to}: a package is a zip archive; name {to.name}.zip")
    refuse_own_folder(to)
    unknown = [name for name in formats if name not in FORMATS or name == "qml"]
    if unknown:
        known = ", ".join(name for name in FORMATS if name != "qml")
        raise OutputError(f"“{unknown[0][:40]}” is no format of a package; choose from {known}")
    given: dict[str, Any] = {} if tell is None else {"tell": tell}
    order = Order(language=language, today=today, **given)
    with tempfile.TemporaryDirectory(prefix="geoplan-") as name:
        packer = _Packer(plan, Path(name), order, tuple(dict.fromkeys(formats)), progress)
        members = packer.members()
        with replaced(to) as made:
            zip_files(made, members, day_of(packer.parts, order))
    return to


class _Packer:
    """Makes the files of a package in a folder of its own."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        order: Order,
        formats: Sequence[str],
        progress: Progress | None,
    ) -> None:
        self.plan = plan
        self.folder = folder
        self.order = order
        self.formats = [FORMATS[name] for name in formats]
        self.progress = progress
        self.found = datasets(plan)
        self.parts = [self._part(one) for one in self.found.values()]
        self.filled = [part for part in self.parts if len(part.frame)]

    def members(self) -> list[tuple[str, Path | bytes]]:
        """Every file of the package with its name in it, checksums last."""
        made: list[tuple[str, Path | bytes]] = []
        steps = list(self._steps())
        for number, step in enumerate(steps, 1):
            made += step()
            if self.progress is not None:
                self.progress(number, len(steps))
        described = [(name, _size(content)) for name, content in made]
        about: list[tuple[str, Path | bytes]] = [
            (f"README.{language}.md", readme(self.plan, self.parts, described, language).encode())
            for language in ("zh", "en")
        ]
        every = [*about, *made]
        sums = "".join(f"{_sha256(content)}  {name}\n" for name, content in every)
        return [*every, (CHECKSUMS, sums.encode())]

    def _part(self, dataset: Dataset) -> Part:
        frame = dataset.flat(dataset.frame(self.plan))
        look = look_of(self.plan, dataset, frame, self.order.language)
        return Part(dataset, frame, provenance(self.plan, dataset, self.order.today), look)

    def _steps(self) -> Iterator[Any]:
        yield self._plan_file
        yield self._tables
        yield self._layers
        yield self._results
        for form in self.formats:
            yield lambda form=form: self._format(form)
        yield self._papers

    def _plan_file(self) -> list[tuple[str, Path | bytes]]:
        return [(PLAN_FILE, (self.plan.folder / PLAN_FILE).read_bytes())]

    def _tables(self) -> list[tuple[str, Path | bytes]]:
        """The tables under the names of a plan folder, safe to open in a spreadsheet."""
        return [
            (f"data/{part.dataset.of}.csv", _csv(part, self.order))
            for part in self.parts
            if part.dataset.kind == "table"
        ]

    def _layers(self) -> list[tuple[str, Path | bytes]]:
        made: list[tuple[str, Path | bytes]] = []
        for part in self.parts:
            if part.dataset.kind == "layer":
                layer = self.plan.layers[part.dataset.of]
                name = f"layers/{layer.name}"
                made.append((f"{name}.geojson", self._geojson(part)))
                made.append((f"{name}.toml", _sidecar(layer).encode()))
                made += self._style(name, part)
        return made

    def _results(self) -> list[tuple[str, Path | bytes]]:
        made: list[tuple[str, Path | bytes]] = []
        for part in self.filled:
            name = f"results/{part.name}"
            if part.dataset.kind in ("located", "result") and part.is_spatial:
                made.append((f"{name}.geojson", self._geojson(part)))
                made += self._style(name, part)
            elif part.dataset.kind == "result":
                made.append((f"{name}.csv", _csv(part, self.order)))
        return made

    def _geojson(self, part: Part) -> bytes:
        key = part.dataset.key if part.dataset.key in part.frame else ""
        return geojson_bytes(part.frame, key=key, members={"metadata": dict(part.origin)})

    def _style(self, name: str, part: Part) -> list[tuple[str, Path | bytes]]:
        text = style_text(part, self.order)
        return [(f"{name}.qml", text.encode())] if text else []

    def _format(self, form: Format) -> list[tuple[str, Path | bytes]]:
        """All datasets in one format: one file, or one each where it holds no more."""
        fitting = [p for p in self.filled if form.tables or p.is_spatial]
        if not form.shapes:
            fitting = [p for p in fitting if not p.is_spatial]
        if not fitting:
            return []
        moved = [self._moved(part, form) for part in fitting]
        crs = self.plan.meta.analysis_crs if form.crs == "plan" else LONLAT
        order = Order(
            crs=crs, language=self.order.language, today=self.order.today, tell=self.order.tell
        )
        ending = form.ending if form.name != "shapefile" else ".shp.zip"
        if form.several:
            return [self._written(form, f"formats/{self.plan.meta.id}{ending}", moved, order)]
        return [
            self._written(form, f"formats/{form.name}/{part.name}{ending}", [part], order)
            for part in moved
        ]

    def _moved(self, part: Part, form: Format) -> Part:
        if not isinstance(part.frame, gpd.GeoDataFrame) or not form.shapes:
            return part
        crs = self.plan.meta.analysis_crs if form.crs == "plan" else LONLAT
        origin = {**part.origin, "crs": crs}
        return Part(part.dataset, part.frame.to_crs(crs), origin, part.look)

    def _written(
        self, form: Format, name: str, parts: Sequence[Part], order: Order
    ) -> tuple[str, Path]:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        form.write(path, parts, order)
        return name, path

    def _papers(self) -> list[tuple[str, Path | bytes]]:
        origins = {part.name: part.origin for part in self.parts}
        content = json.dumps(origins, ensure_ascii=False, indent=1, sort_keys=True)
        made: list[tuple[str, Path | bytes]] = [
            ("dictionary.csv", _dictionary(self.parts)),
            ("metadata.json", content.encode() + b"\n"),
            ("LICENCES.csv", _licences(self.parts)),
        ]
        own = self.plan.folder / _LICENCES
        if own.is_file():
            made.append((_LICENCES, own.read_bytes()))
        return made


def _csv(part: Part, order: Order) -> bytes:
    quiet = Order(language=order.language)
    return (_BOM + "".join(csv_texts(part, quiet))).encode("utf-8")


def _sidecar(layer: Layer) -> str:
    """The layer's sidecar, in the datum the package has it in."""
    kept = {
        key: value
        for key, value in layer.facts.items()
        if key not in ("crs", "bbox", "datum") and not isinstance(value, dict)
    }
    shapes = layer.frame.to_crs(LONLAT)
    bounds = [round(float(bound), 6) for bound in shapes.total_bounds]
    box = {"bbox": bounds} if bounds == bounds and len(shapes) and bounds[0] == bounds[0] else {}
    return toml_text({**kept, "datum": "WGS 84", **box})


def _table_text(rows: Sequence[Sequence[Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([guarded(c) if isinstance(c, str) else c for c in row] for row in rows)
    return (_BOM + buffer.getvalue()).encode("utf-8")


def _dictionary(parts: Sequence[Part]) -> bytes:
    head = ("dataset", "title_zh", "title_en", "field", "field_zh", "field_en", "unit", "kind",
            "references", "required", "values_zh", "values_en")  # fmt: skip
    rows: list[Sequence[Any]] = [head]
    for part in parts:
        own = part.dataset
        table = TABLES.get(own.of) if own.kind == "table" else None
        required = {c.name for c in table.columns if c.required} if table else set()
        rows += [
            (own.name, own.title.zh, own.title.en, f.name, f.title.zh, f.title.en, f.unit, f.kind,
             f.references, "yes" if f.name in required else "",
             vocabulary_text(f.vocabulary, "zh"), vocabulary_text(f.vocabulary, "en"))
            for f in own.fields
        ]  # fmt: skip
    return _table_text(rows)


def _licences(parts: Sequence[Part]) -> bytes:
    rows: list[Sequence[Any]] = [("dataset", "title_zh", "title_en", "licence", "sources")]
    for part in parts:
        own = part.dataset
        listed = (own.name, own.title.zh, own.title.en, own.licence, "|".join(own.sources))
        rows.append(listed)
    return _table_text(rows)


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _sha256(content: Path | bytes) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
