"""The Folium map of the layout page: empty, in our panes, started by our own script."""

from typing import NamedTuple

import folium
from branca.element import MacroElement
from jinja2 import Template

from geoplan.plan.opening import Plan

PANES: tuple[tuple[str, int], ...] = (
    ("context", 410),
    ("waters", 420),
    ("density", 430),
    ("districts", 440),
    ("wings", 450),
    ("platforms", 460),
    ("points", 470),
    ("selection", 480),
    ("labels", 490),
)
"""Name and z-index of each pane, from the ground up."""

_MAX_ZOOM = 18
_MIN_ZOOM = 7


class Extent(NamedTuple):
    """West, south, east, north in degrees."""

    west: float
    south: float
    east: float
    north: float

    @property
    def centre(self) -> tuple[float, float]:
        """Latitude and longitude of the middle."""
        return ((self.south + self.north) / 2, (self.west + self.east) / 2)


class Start(MacroElement):
    """Hands the map to ``static/map.js``."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        window.geoplan.start({{ this._parent.get_name() }}, {{ this.extent | tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, extent: Extent) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Start"
        self.extent = list(extent)


def layout_map(plan: Plan) -> folium.Map:
    """The map without a layer: layers come through the API, by our own script.

    Nothing of the plan but its extent enters the map's code, so no name in it
    can become code.
    """
    extent = Extent(*plan.meta.extent)
    shown = folium.Map(
        location=extent.centre,
        zoom_start=9,
        tiles=None,
        control_scale=False,
        zoom_control=False,
        attribution_control=False,
        width="100%",
        height="100%",
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=100,
        min_zoom=_MIN_ZOOM,
        max_zoom=_MAX_ZOOM,
        prefer_canvas=True,
        world_copy_jump=False,
        box_zoom=True,
    )
    # Without tiles Folium does not pass these on to Leaflet.
    shown.options["minZoom"] = _MIN_ZOOM
    shown.options["maxZoom"] = _MAX_ZOOM
    for name, z_index in PANES:
        folium.map.CustomPane(name, z_index=z_index, pointer_events=False).add_to(shown)
    Start(extent).add_to(shown)
    return shown
