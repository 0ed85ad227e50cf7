"""What became of a layer since it was exported, feature by feature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from geoplan.exchange.asking.findings import Findings
from geoplan.exchange.incoming.featuretexts import differing, is_same_shape, shapes_of, shown
from geoplan.exchange.incoming.merging import (
    THEIRS,
    Conflict,
    Merged,
    ask_which,
    exported_plan,
    exported_state,
    removed,
)
from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan


@dataclass(frozen=True)
class Exported:
    """The features of a layer as they were exported: key → properties, and shape.

    Attributes
    ----------
    is_export :
        Whether the file is one; if so and nothing is known of its features,
        whatever differs is a conflict.
    """

    is_export: bool
    properties: Mapping[str, Mapping[str, Any]]
    shapes: Mapping[str, Any]

    def news(
        self, code: str, ours: Mapping[str, Any], theirs: Mapping[str, Any], key: str,
        findings: Findings,
    ) -> dict[str, tuple[Any, Any]]:  # fmt: skip
        """Properties to change: name → the plan's and the file's."""
        told = differing(ours, theirs, key)
        if not self.is_export:
            return told
        base = self.properties.get(code)
        changed = differing(base, theirs, key) if base is not None else told
        taken = {}
        for name, (mine, now) in told.items():
            if name not in changed:
                continue
            old = shown(base.get(name)) if base is not None else None
            conflict = Conflict(code, name, old, shown(mine), shown(now))
            if old == shown(mine) or ask_which(conflict, findings) == THEIRS:
                taken[name] = (mine, now)
        return taken

    def is_moved(self, code: str, ours: Any, theirs: Any, findings: Findings) -> bool:
        """Whether to take the file's shape."""
        if is_same_shape(ours, theirs):
            return False
        if not self.is_export:
            return True
        base = self.shapes.get(code)
        if base is not None and is_same_shape(base, theirs):
            return False
        if base is not None and is_same_shape(base, ours):
            return True
        conflict = Conflict(code, "geometry", None if base is None else "△", "△ ours", "△ theirs")
        return ask_which(conflict, findings) == THEIRS

    def gone(self, present: set[str], known: Sequence[str], findings: Findings) -> list[str]:
        """The features to delete: exported, not back, and a person says so."""
        missing = [code for code in known if code in self.properties and code not in present]
        return removed(Merged(gone=missing), findings)


def exported_layer(plan: Plan, layer: Layer | None, said: str, findings: Findings) -> Exported:
    """A layer as it was when the file was exported; nothing for a file from elsewhere."""
    state = exported_state(said, plan) if layer is not None else ""
    if layer is None or not state:
        return Exported(False, {}, {})
    with exported_plan(plan.folder, state) as old:
        path = old.folder / layer.file if old is not None else None
        if path is None or not path.is_file():
            findings.warn("merge.no_base")
            return Exported(True, {}, {})
        features = orjson.loads(path.read_bytes())["features"]
    codes = [shown((feature.get("properties") or {}).get(layer.key)) for feature in features]
    properties = {c: f.get("properties") or {} for c, f in zip(codes, features, strict=True)}
    return Exported(True, properties, dict(zip(codes, shapes_of(features), strict=True)))
