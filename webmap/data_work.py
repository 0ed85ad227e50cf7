"""What is worked out of an upload, in a process of its own: it may take long, or be killed.

The process shares nothing with the server but the upload's folder, where it
says how far it is and puts what it has found.
"""

import os
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from geoplan.errors import GeoplanError
from geoplan.exchange.asking.findings import Findings
from geoplan.exchange.asking.proposals import Proposal
from geoplan.exchange.asking.remarks import RefusedFileError
from geoplan.exchange.files.encodings import sample
from geoplan.exchange.geodata.vectorfiles import is_vector
from geoplan.exchange.incoming.applying import apply, contents, proposed
from geoplan.exchange.incoming.importing import propose
from geoplan.exchange.sheets.choosing import choose
from geoplan.exchange.sheets.spreadsheets import read_book
from geoplan.schema import TABLES

MOST_LISTED = 300
PROGRESS = "progress.json"
RESULT = "result.json"
CHANGE = "change.zip"
_NICE = 5
_READ_TWICE_BYTES = 5 * 2**20
_MOST_SHEETS = 60
_SAMPLED = 50


@dataclass(frozen=True)
class Order:
    """What is to be done with an upload.

    Attributes
    ----------
    target :
        As ``as_`` of :func:`geoplan.exchange.incoming.importing.propose`.
    digest :
        The change that was shown: only exactly this one is written. Empty for
        a preview.
    partial :
        Write although rows wait for answers.
    """

    plan: str
    folder: str
    content: str
    name: str
    target: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    source: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    partial: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The order as JSON knows it."""
        return asdict(self)


def ready() -> None:
    """Nothing; that this can be called means that everything is loaded."""


def work(asked: dict[str, Any]) -> None:
    """Preview or write an upload; the outcome is put beside it, whatever it is."""
    with suppress(AttributeError, OSError):
        # Who looks at a page goes first.
        os.nice(_NICE)
    order = Order(**asked)
    folder = Path(order.folder)
    try:
        found = _written(order) if order.digest else _previewed(order)
    except RefusedFileError as error:
        found = {"refused": [remark.as_dict() for remark in error.remarks]}
    except GeoplanError as error:
        found = {"error": str(error)}
    put(folder / RESULT, orjson.dumps(found))


def _proposed(order: Order) -> Proposal:
    return proposed(
        Path(order.plan),
        lambda plan: propose(
            plan,
            Path(order.folder) / order.content,
            order.target,
            order.mapping,
            order.answers,
            name=order.name,
            source=order.source,
            progress=_teller(Path(order.folder)),
        ),
    )


def _previewed(order: Order) -> dict[str, Any]:
    proposal = _proposed(order)
    files = contents(proposal, Path(order.plan))
    if files:
        _pack(Path(order.folder) / CHANGE, files, proposal)
    return {
        "report": proposal.as_dict(MOST_LISTED),
        "files": sorted(files),
        "read": _read_as(order, proposal),
    }


def _read_as(order: Order, proposal: Proposal) -> dict[str, Any]:
    """Sheets with the lines of their headers, and the encoding with a sample, of a spreadsheet."""
    path = Path(order.folder) / order.content
    if proposal.target not in TABLES or is_vector(path, order.name):
        return {}
    if path.stat().st_size > _READ_TWICE_BYTES:
        return {}
    book = read_book(path, order.name, encoding=order.answers.get("encoding", ""))
    quiet = Findings(order.name, {**order.answers})
    _, sheets = choose(book, proposal.target, quiet)
    said: dict[str, Any] = {
        "sheets": [
            [grid.name, int(grid.numbers[head.first]), int(grid.numbers[head.last])]
            for grid, head in sheets
        ],
        "known": [grid.name for grid in book.grids][:_MOST_SHEETS],
    }
    if book.encoding is not None:
        cells = (cell for grid in book.grids for row in grid.cells[:_SAMPLED] for cell in row)
        texts = [cell for cell in cells if isinstance(cell, str)]
        said |= {"encoding": book.encoding.name, "sample": sample(texts)}
    return said


def _written(order: Order) -> dict[str, Any]:
    proposal = _proposed(order)
    if proposal.digest != order.digest:
        return {"stale": True}
    _teller(Path(order.folder))("writing", 0.9)
    applied = apply(proposal, Path(order.plan), partial=order.partial)
    return {
        "written": {
            "files": list(applied.files),
            "entry": applied.entry,
            "counts": proposal.counts(),
            "target": proposal.target,
        }
    }


def _teller(folder: Path) -> Callable[[str, float], None]:
    def tell(stage: str, share: float) -> None:
        put(folder / PROGRESS, orjson.dumps({"stage": stage, "share": round(share, 3)}))

    return tell


def _pack(path: Path, files: Mapping[str, bytes], proposal: Proposal) -> None:
    aside = path.with_suffix(".part")
    with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for language in ("zh", "en"):
            archive.writestr(f"report.{language}.txt", proposal.summary(language))
    aside.replace(path)


def put(path: Path, content: bytes) -> None:
    """Write a file that others may be reading: whole, or not at all."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    aside.write_bytes(content)
    aside.replace(path)
