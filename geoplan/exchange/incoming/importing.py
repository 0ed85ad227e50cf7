"""Look at a file as a change to a plan; nothing is written.

:func:`propose` reads a spreadsheet or geodata, asks what it must not guess and
returns a :class:`~geoplan.exchange.asking.proposals.Proposal`;
:func:`geoplan.exchange.incoming.applying.apply` writes it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from geoplan.exchange.asking.findings import Findings, Option, Question, listed
from geoplan.exchange.asking.proposals import Proposal, hash_of
from geoplan.exchange.asking.remarks import refused
from geoplan.exchange.files.archives import judge_size
from geoplan.exchange.geodata.vectorfiles import is_vector
from geoplan.exchange.geodata.vectors import Vectors, joined, read_vectors
from geoplan.exchange.incoming.consequences import Origin
from geoplan.exchange.incoming.layering import layer_target, propose_layer
from geoplan.exchange.incoming.merging import exported_state
from geoplan.exchange.incoming.recognising import likely_target
from geoplan.exchange.incoming.shapetables import propose_shapes
from geoplan.exchange.incoming.tabulating import Progress, propose_table
from geoplan.exchange.outgoing.provenance import exported_as
from geoplan.plan.layers import ROLES
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import TABLES

_KIND_OF_SHAPE = re.compile(r"_(?:points|lines|areas|polygons|other|collections)$")


def propose(
    plan: Plan,
    file: Path,
    as_: str = "",
    mapping: Mapping[str, str] | None = None,
    answers: Mapping[str, str] | None = None,
    *,
    name: str = "",
    source: Mapping[str, str] | None = None,
    today: date | None = None,
    progress: Progress | None = None,
) -> Proposal:
    """What importing a file would change in a plan.

    Parameters
    ----------
    as_ :
        Table of the data dictionary; ``districts``, ``parcels``, ``layer`` or
        ``layer:NAME`` for a layer; found out from the columns where empty.
    mapping :
        Title of a column → field of the table; an empty field leaves the
        column out.
    answers :
        Question id → answer, for the questions of an earlier proposal.
    name :
        Name of the file as the user knows it, where the path is a temporary one.
    source :
        What is known of where the file comes from: ``title_zh``,
        ``publisher_zh``, ``licence``, ``issued``, ``address``.
    progress :
        Told the name of a stage and the share done.

    Raises
    ------
    RefusedFileError
        Nothing in the file can be taken; the message says why and what to do.
    """
    file = Path(file)
    name = name or file.name
    judge_size(file, name)
    findings = Findings(name, dict(answers or {}))
    target = layer_target(plan, as_) if as_ else None
    if as_ and as_ not in TABLES and target is None:
        known = listed([*TABLES, *ROLES, "parcels", "layer:NAME"], 60)
        raise refused(name, "answer.wrong", id="as", value=as_, known=known)
    told = progress or (lambda *_: None)
    origin = Origin(name, hash_of(file), source or {}, today or date.today())
    if not is_vector(file, name):
        if target is not None:
            raise refused(name, "layer.empty")
        return propose_table(plan, file, as_, mapping or {}, findings, origin, told)
    told("reading", 0.0)
    vectors = _read(plan, file, findings)
    told("understanding", 0.3)
    if target is None and not as_:
        as_ = exported_as(vectors.said, plan)
        target = layer_target(plan, as_) if as_ else None
    if target is None and not as_:
        as_ = likely_target(plan, vectors, findings)
        target = layer_target(plan, as_) if as_ else None
    if target is not None:
        return propose_layer(plan, vectors, target, mapping or {}, findings, origin)
    return propose_shapes(plan, vectors, as_ or "projects", mapping or {}, findings, origin, told)


def _read(plan: Plan, file: Path, findings: Findings) -> Vectors:
    """The layer meant; the parts of one that an export had to split by kind of shape are joined."""
    wanted, encoding = (findings.answers.get(name, "") for name in ("layer", "encoding"))
    vectors = read_vectors(file, findings.file, layer=wanted, encoding=encoding)
    if exported_state(vectors.said, plan):
        stem = _KIND_OF_SHAPE.sub("", vectors.layer)
        parts = [name for name in vectors.layers if _KIND_OF_SHAPE.sub("", name) == stem]
        others = [name for name in parts if name != vectors.layer]
        more = [read_vectors(file, findings.file, layer=n, encoding=encoding) for n in others]
        vectors = joined([vectors, *more])
        vectors = replace(
            vectors, layer=stem, layers=tuple(n for n in vectors.layers if n not in others)
        )
    findings.warnings += vectors.remarks
    if len(vectors.layers) > 1 and not wanted:
        _ask_layer(vectors, findings)
    return vectors


def _ask_layer(vectors: Vectors, findings: Findings) -> None:
    others = [layer for layer in vectors.layers if layer != vectors.layer]
    findings.warn("layer.several", others=listed(others))
    findings.ask(
        Question(
            "layer", Both("读哪个图层？", "Which layer?"),
            tuple(Option(layer, Both(layer, layer)) for layer in vectors.layers), vectors.layer,
            is_blocking=False,
        )
    )  # fmt: skip
