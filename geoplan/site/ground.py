"""The ground that is explored: its cells, what zone each is in, and any of them as a site.

What is told of very many cells at once must be what is told of each alone. So a cell
can always be had as the ordinary candidate that it is.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.errors import QuestionError
from geoplan.place.grid import Grid
from geoplan.place.join import NO_ZONE
from geoplan.place.shapes import wing_shapes
from geoplan.place.zones import M2_PER_KM2, cell_polygons, district_zones
from geoplan.plan.opening import Plan
from geoplan.site.candidates import grid_area
from geoplan.site.cells import Cells, zone_labels, zones_of
from geoplan.site.lookup import district_layers
from geoplan.site.parcels import COLUMNS
from geoplan.site.question import Brief, CandidateList
from geoplan.site.ranges import edges_of, nearest_m

LEAST_CELL_M = 10.0
MOST_CELLS = 20_000_000

_Integers = npt.NDArray[np.int64]
_Labels = npt.NDArray[np.int32]


def ground_of(plan: Plan, brief: Brief, cell_m: float) -> "Ground":
    """The cells of the area of a brief: what its grid lies over, else all districts.

    Parameters
    ----------
    cell_m :
        Side of the cells, whatever the brief says.

    Raises
    ------
    QuestionError
        Cells of that size are none, or too many.
    BriefError
        The area asked for has no place.
    """
    if not LEAST_CELL_M <= cell_m < np.inf:
        raise QuestionError(f"cells of {cell_m:g} m: give a side of {LEAST_CELL_M:g} m or more")
    within = brief.candidates.within if brief.candidates.kind == "grid" else ()
    own = replace(brief, candidates=CandidateList(kind="grid", cell_m=cell_m, within=within))
    if not plan.layers_of("districts"):
        raise QuestionError("the plan has no district layer to explore; put one into layers/")
    zones = district_zones(plan)
    area = zones.geometry
    if within:
        area = gpd.GeoSeries([grid_area(plan, own)], crs=zones.crs)
    west, south, east, north = area.total_bounds
    if (count := (east - west) * (north - south) / cell_m**2) > MOST_CELLS:
        raise QuestionError(
            f"cells of {cell_m:g} m are too many ({count:,.0f}, at most {MOST_CELLS:,}); "
            "use larger ones or a smaller area"
        )
    grid = Grid.covering((west, south, east, north), cell_m)
    label = zone_labels(grid, area)
    cells = Cells.of(grid, label != NO_ZONE)
    if not len(cells):
        raise QuestionError(f"no cell of {cell_m:g} m has its centre in the area; use smaller ones")
    district = cells.taken(label)
    if within:
        district = zones_of(cells, zones.geometry)
    return Ground(plan, own, cells, district, zones)


@dataclass(frozen=True, eq=False)
class Ground:
    """Cells of a plan that a brief asks about.

    Attributes
    ----------
    brief :
        The brief, its candidates the cells of a grid.
    cells :
        The cells whose centre is in the area asked for.
    district :
        Position in ``zones`` of the district of each cell's centre, -1 for none.
    zones :
        The districts, on their codes.
    """

    plan: Plan
    brief: Brief
    cells: Cells
    district: _Labels
    zones: gpd.GeoDataFrame

    @cached_property
    def wings(self) -> gpd.GeoSeries:
        """The derived shapes of the wings, on their ids."""
        shapes: gpd.GeoSeries = wing_shapes(self.plan).set_index("id").geometry
        return shapes

    @cached_property
    def wing(self) -> _Labels:
        """Position in `wings` of the wing that holds each cell's centre, the first of several."""
        if self.wings.empty:
            return np.full(len(self.cells), NO_ZONE, dtype=np.int32)
        in_order = self.wings.reset_index(drop=True)
        return zones_of(self.cells, in_order)

    def codes(self, positions: _Integers) -> npt.NDArray[np.object_]:
        """Code of the district of some cells; missing where one is in none."""
        return _named(self.zones.index, self.district[positions])

    @cached_property
    def zone_pairs(self) -> tuple[_Integers, _Labels]:
        """One cell for each pair of district and wing there is, and the number of each cell's pair."""
        pair = (self.district + 1) * (len(self.wings) + 1) + self.wing + 1
        one = np.full((len(self.zones) + 1) * (len(self.wings) + 1), -1, dtype=np.int64)
        one[pair[::-1]] = np.arange(pair.size)[::-1]
        there = one >= 0
        number = (np.cumsum(there) - 1).astype(np.int32)
        return one[there], number[pair]

    def sites(self, positions: npt.ArrayLike, named: bool = True) -> gpd.GeoDataFrame:
        """Some cells as candidates, as :func:`geoplan.site.candidates.candidates` makes them.

        Parameters
        ----------
        named :
            Whether they need names; without, it is faster.
        """
        at = np.asarray(positions, dtype=np.int64).ravel()
        grid, crs = self.cells.grid, self.plan.meta.analysis_crs
        index = self.cells.index[at].astype(np.int64)
        squares = cell_polygons(grid, index).set_crs(crs)
        row, column = np.divmod(index, grid.n_columns)
        east = round(grid.x0_m / grid.cell_m) + column
        north = round(grid.y0_m / grid.cell_m) + row
        centres = gpd.GeoSeries(shapely.centroid(squares.to_numpy()), crs=crs)
        places = [""] * at.size
        if named:
            middle = centres.to_crs("OGC:CRS84")
            places = [f"{lon:.4f}, {lat:.4f}" for lon, lat in zip(middle.x, middle.y, strict=True)]
        ids = [f"cell-{x}-{y}" for x, y in zip(east.tolist(), north.tolist(), strict=True)]
        frame = pd.DataFrame(
            {
                "name_zh": [f"格网 {place}" for place in places],
                "name_en": [f"Cell {place}" for place in places],
                "kind": "cell",
                "candidate": "grid",
                "district_code": self.codes(at),
                "district_via": self._via(at, squares.to_numpy()),
                "wing_id": _named(self.wings.index, self.wing[at]),
                "area_km2": grid.cell_m**2 / M2_PER_KM2,
                "accuracy_m": 0.0,
                "basis": "",
                "table": "",
                "row": 0,
            },
            index=pd.Index(ids, name="id", dtype="str"),
        ).astype({"district_code": "str", "wing_id": "str"})
        frame = gpd.GeoDataFrame(frame, geometry=squares.to_numpy(), crs=crs)
        frame["centre"] = centres.set_axis(frame.index)
        return frame[[*COLUMNS]]

    def _via(self, at: _Integers, squares: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        """Whether the district of each cell is surely its own, or that of its centre alone."""
        near = nearest_m(squares, edges_of(self.zones.geometry.to_numpy()))
        inside = np.where(near > self.accuracy_m, "inside", "part")
        return np.where(self.district[at] == NO_ZONE, "", inside).astype(object)

    @property
    def accuracy_m(self) -> float:
        """How far the boundaries of the districts may be off."""
        layers = district_layers(self.plan)
        return float(layers[0].facts.get("accuracy_m", 0.0) or 0.0) if layers else 0.0


def _named(names: "pd.Index[str]", labels: _Labels) -> npt.NDArray[np.object_]:
    """Names by their positions; missing for -1."""
    known = np.array([*names, None], dtype=np.object_)
    return known[labels]
