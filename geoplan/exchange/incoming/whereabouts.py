"""Locations that come with projects, firms, platforms and hubs: what a file may claim of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geoplan.exchange.asking.directory import Directory
from geoplan.exchange.asking.findings import Findings
from geoplan.exchange.asking.proposals import FieldChange, TableChange
from geoplan.exchange.geodata.datums import measure
from geoplan.exchange.incoming.changes import Cited, rows_of
from geoplan.exchange.incoming.placing import ask_about_datum, ask_to_convert
from geoplan.exchange.incoming.standing import Standing, standing
from geoplan.exchange.incoming.witnessing import witnesses_of_points
from geoplan.exchange.sheets.parsing import number_text
from geoplan.exchange.sheets.reading import Records
from geoplan.exchange.sheets.titles import LOCATED
from geoplan.plan.crs import TO_WGS84
from geoplan.plan.layers import Layer
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import PRECISION_LIMIT_M, TABLES

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

_FINENESS = ("exact", "street", "platform", "town", "district", "unknown")
_USUAL_ACCURACY_M = 200.0
_SAME_PLACE_M = 1.0
_AHEAD_OF_DISTRICT = "省市"
_DECIMALS = 7
_LEAST_ASTRAY = 3
_MOST_ASTRAY_M = 2_000.0
_LEFT_ASTRAY = 0.2
_MORE = ("district_code", "accuracy_m", "precision", "as_of")
_OF_POINT = ("lon", "lat", "precision", "accuracy_m", "coordinate_note")
_SAID = ("place_zh", "township_zh", "lon", "lat", "coordinate_note")


def precision_of(accuracy_m: float) -> str:
    """The finest precision class that an accuracy allows.

    Examples
    --------
    >>> precision_of(30), precision_of(200), precision_of(4000), precision_of(30_000)
    ('exact', 'street', 'platform', 'district')
    """
    for name, limit in PRECISION_LIMIT_M.items():
        if accuracy_m <= limit:
            return name
    return "district"


@dataclass
class Whereabouts:
    """Builds the rows of ``locations`` for the records of another table."""

    plan: Plan
    directory: Directory
    findings: Findings
    today: date
    _days: dict[str, str] = field(default_factory=dict)

    def change(self, records: Records, ids: Mapping[int, str], cited: Cited) -> TableChange | None:
        """What the records would change in ``locations``; nothing where they say nothing."""
        table = records.table
        given = [name for name in _SAID if records.has(name)]
        own_district = "district_code" in TABLES[table].column_names
        if records.has("district_code") and not own_district:
            given.append("district_code")
        if table not in LOCATED or not given:
            return None
        self._judge_points(records, ids)
        there = standing(self.plan, "locations")
        known = {
            (kind, key): row
            for row, kind, key in zip(
                there.rows, there.texts["subject_kind"], there.texts["subject_id"], strict=True
            )
        }
        new: list[tuple[int, dict[str, str]]] = []
        changed: dict[int, dict[str, str]] = {}
        fields: list[FieldChange] = []
        unchanged = 0
        for at, key in ids.items():
            said = self._row(records, at, table, key)
            if said is None:
                continue
            row = known.get((table, key))
            if row is None:
                new.append((at, said))
                continue
            if records.is_known[at] and said.get("lon"):
                said |= _moved_within(said, there.text(row, "accuracy_m"))
            cells = self._differing(said, there, row, str(self.directory.label(table, key).zh))
            if not cells:
                unchanged += 1
                continue
            number = int(records.numbers[at])
            fields += [
                FieldChange(row, key, name, there.text(row, name), text, number)
                for name, text in cells.items()
            ]
            changed[row] = cells | cited.citations(records, [at], "locations")[0]
        positions = [at for at, _ in new]
        citations = cited.citations(records, positions, "locations")
        rows = [said | citation for (_, said), citation in zip(new, citations, strict=True)]
        added = rows_of("locations", rows, [int(records.numbers[at]) for at in positions])
        return TableChange("locations", added, changed, tuple(fields), (), unchanged)

    def _row(self, records: Records, at: int, table: str, key: str) -> dict[str, str] | None:
        texts = {n: records.text(at, n) for n in (*_SAID, *_MORE)}
        if not any(texts.get(n) for n in (*_SAID, "district_code")):
            return None
        if not texts.get("district_code") and not texts.get("lon"):
            texts["district_code"] = self._district_in(texts.get("place_zh", ""))
        row = {"subject_kind": table, "subject_id": key} | {n: t for n, t in texts.items() if t}
        if row.get("lon") and row.get("lat"):
            accuracy = float(row.get("accuracy_m") or _USUAL_ACCURACY_M)
            if not row.get("accuracy_m"):
                note = f"来文未注明精度，按 {_USUAL_ACCURACY_M:.0f} 米"
                row["coordinate_note"] = "；".join(filter(None, (row.get("coordinate_note"), note)))
            row["precision"] = precision_of(accuracy)
            row["accuracy_m"] = number_text(accuracy)
            if row["precision"] == "district":
                row = {n: t for n, t in row.items() if n not in ("lon", "lat", "accuracy_m")}
        else:
            row.pop("accuracy_m", None)
            row["precision"] = "district" if row.get("district_code") else "unknown"
        if row.get("district_code"):
            row["as_of"] = texts.get("as_of") or self._day_of(row["district_code"])
        return row

    def _district_in(self, place: str) -> str:
        """Code of the one district that an address names: with the name ahead or after 省, 市, and no other."""
        named = {
            code
            for code, name in self._districts.items()
            if (at := place.find(name)) == 0 or (at > 0 and place[at - 1] in _AHEAD_OF_DISTRICT)
        }
        mentioned = {code for code, name in self._districts.items() if name[:-1] in place}
        return named.pop() if len(named) == 1 and mentioned == named else ""

    @cached_property
    def _districts(self) -> dict[str, str]:
        """Names of today's districts, on their codes."""
        codes = self.directory.districts_today()
        names = {code: self.directory.label("districts", code).zh for code in codes}
        return {code: name for code, name in names.items() if len(name) > 1}

    def _day_of(self, code: str) -> str:
        """A day on which a district of that code existed, today if it still does."""
        if code not in self._days:
            self._days[code] = self._found_day(code)
        return self._days[code]

    def _found_day(self, code: str) -> str:
        for layer in self.plan.layers_of("districts"):
            if layer.key in layer.frame and code in set(layer.frame[layer.key].astype(str)):
                return _valid_day(layer, self.today).isoformat()
        return self.today.isoformat()

    def _differing(
        self, said: Mapping[str, str], there: Standing, row: int, name: str
    ) -> dict[str, str]:
        """The cells of a known location that the file says better; a finer one is kept."""
        old = {column: there.text(row, column) for column in said}
        finer = _FINENESS.index(old["precision"] or "unknown") < _FINENESS.index(said["precision"])
        if finer:
            code, before = said.get("district_code", ""), there.text(row, "district_code")
            if code and before and code != before:
                known, told = (self.directory.label("districts", c) for c in (before, code))
                self.findings.warn("location.differs", name=name, known=known, said=told)
            extra = {n: said[n] for n in ("place_zh", "township_zh") if said.get(n) and not old[n]}
            return extra if not there.text(row, "place_zh") else {}
        if said.get("lon") and old.get("lon") and _metres(said, old) <= _SAME_PLACE_M:
            said = {n: t for n, t in said.items() if n not in _OF_POINT}
        # The day belongs to the district; alone it is no news.
        ignored = ("as_of",) if said.get("district_code") == old.get("district_code") else ()
        kept = ("precision", "accuracy_m") if not said.get("lon") and old.get("lon") else ()
        return {
            column: text
            for column, text in said.items()
            if text and text != old[column] and column not in (*ignored, *kept)
        }

    def _judge_points(self, records: Records, ids: Mapping[int, str]) -> None:
        """Leave out points that cannot be where they are said to be."""
        if not (records.has("lon") and records.has("lat")):
            return
        west, south, east, north = self.plan.meta.extent
        swapped: list[int] = []
        for at in ids:
            texts = records.text(at, "lon"), records.text(at, "lat")
            if not all(texts):
                if any(texts):
                    self._drop(records, at, "location.half")
                continue
            x, y = (float(text) for text in texts)
            if west <= x <= east and south <= y <= north:
                continue
            if west <= y <= east and south <= x <= north:
                records.texts["lon"][at], records.texts["lat"][at] = texts[1], texts[0]
                swapped.append(at)
            else:
                self._drop(records, at, "location.outside", value=f"{x:g}, {y:g}")
        if swapped:
            self.findings.warn(
                "location.swapped", int(records.numbers[swapped[0]]), count=len(swapped)
            )
        pointed = [at for at in ids if records.text(at, "lon")]
        if not pointed:
            return
        lon, lat = (
            np.array([float(records.text(at, n)) for at in pointed]) for n in ("lon", "lat")
        )
        claimed = self._claimed(records, pointed)
        datum, is_open = "", False
        if not records.has_known_datum:
            datum, is_open = self._datum(
                records.table, [ids[at] for at in pointed], lon, lat, claimed
            )
        if is_open:
            for at in pointed:
                # A point whose datum is still asked cannot be taken.
                records.texts["lon"][at] = records.texts["lat"][at] = ""
            return
        if datum in TO_WGS84:
            lon, lat = TO_WGS84[datum](lon, lat)
            for at, x, y in zip(pointed, lon.tolist(), lat.tolist(), strict=True):
                records.texts["lon"][at] = number_text(x, _DECIMALS)
                records.texts["lat"][at] = number_text(y, _DECIMALS)
                self._note_coordinate(records, at, f"由 {datum} 换算为 WGS 84")
        self._judge_districts(records, pointed, self._miss_m(claimed, lon, lat))

    def _note_coordinate(self, records: Records, at: int, text: str) -> None:
        notes = records.texts.setdefault("coordinate_note", [""] * len(records))
        notes[at] = "；".join(part for part in (notes[at], text) if part)

    def _datum(
        self, table: str, ids: Sequence[str], lon: Floats, lat: Floats, claimed: Shapes
    ) -> tuple[str, bool]:
        """The datum to convert the points from, and whether that is still asked."""
        answer = self.findings.answers.get("datum", "")
        if answer:
            return answer, False
        found = witnesses_of_points(self.plan, table, ids, lon, lat)
        shift = measure(found) if found is not None else None
        if shift is not None:
            return "", ask_about_datum(shift, found, self.findings)
        astray = self._miss_m(claimed, lon, lat)
        outside = int((astray > 0).sum())
        if outside < _LEAST_ASTRAY or float(np.nanmax(astray)) > _MOST_ASTRAY_M:
            return "", False
        for datum, convert in TO_WGS84.items():
            left = int((self._miss_m(claimed, *convert(lon, lat)) > 0).sum())
            if left <= _LEFT_ASTRAY * outside:
                most = f"{np.nanmax(astray):.0f}"
                said = Both(
                    f"{outside} 个点在所称区县之外，最远 {most} 米；由 {datum} 换算后只剩 {left} 个",
                    f"{outside} points lie outside the district they claim, by {most} m at most; "
                    f"converted from {datum}, {left} do",
                )
                return "", ask_to_convert(datum, said, outside, self.findings) == ""
        return "", False

    def _claimed(self, records: Records, at: Sequence[int]) -> Shapes:
        """The district that each point claims to be in; missing where it claims none."""
        areas: dict[str, Any] = {}
        for layer in reversed(self.plan.layers_of("districts")):
            if layer.key in layer.frame:
                keys = layer.frame[layer.key].astype(str)
                areas |= dict(zip(keys, layer.frame.geometry, strict=True))
        return np.array([areas.get(records.text(a, "district_code")) for a in at], dtype=object)

    def _miss_m(self, claimed: Shapes, lon: Floats, lat: Floats) -> Floats:
        """Distance in metres from each point to the district it claims; missing where none."""
        points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs="OGC:CRS84")
        there = points.to_crs(self.plan.meta.analysis_crs).to_numpy()
        return np.asarray(shapely.distance(claimed, there), dtype=float)

    def _judge_districts(self, records: Records, at: Sequence[int], miss_m: Floats) -> None:
        for position, metres in zip(at, miss_m.tolist(), strict=True):
            allowed = float(records.text(position, "accuracy_m") or _USUAL_ACCURACY_M)
            if metres > allowed:
                code = records.text(position, "district_code")
                self._drop(
                    records, position, "location.astray",
                    district=self.directory.label("districts", code), distance=f"{metres:,.0f}",
                )  # fmt: skip

    def _drop(self, records: Records, at: int, code: str, **details: object) -> None:
        self.findings.warn(code, int(records.numbers[at]), "", str(records.sheets[at]), **details)
        for name in ("lon", "lat"):
            records.texts[name][at] = ""


def _moved_within(said: Mapping[str, str], accuracy_m: str) -> dict[str, str]:
    """What was moved by hand is known as well as it was before."""
    if not accuracy_m or (
        float(accuracy_m) < float(said["accuracy_m"])
        and float(said["accuracy_m"]) != _USUAL_ACCURACY_M
    ):
        return {}
    return {"accuracy_m": accuracy_m, "precision": precision_of(float(accuracy_m))}


def _valid_day(layer: Layer, today: date) -> date:
    if layer.is_valid_on(today):
        return today
    end = layer.facts.get("valid_to")
    return end if isinstance(end, date) else today


def _metres(said: Mapping[str, str], old: Mapping[str, str]) -> float:
    lon, lat = (abs(float(said[n]) - float(old[n])) for n in ("lon", "lat"))
    return 111_320.0 * float(np.hypot(lon * np.cos(np.radians(float(said["lat"]))), lat))
