"""The layers of a plan that a rule may look at: by name, or by role.

``districts``, ``wings``, ``platforms`` and so on mean the layer of that role,
of the districts the vintage shown first. ``hubs`` means the table of hubs with
what is known of their places, those without a point included.
"""

from geoplan.place.zones import district_layer
from geoplan.plan.layers import ROLES, Layer
from geoplan.plan.opening import Plan
from geoplan.plan.problems import Both
from geoplan.schema import VOCABULARIES
from geoplan.site.entries import nearest, shown

HUBS = "hubs"
_HUB_COLUMNS = ("id", "name_zh", "name_en", "kind", "precision", "district_code", "basis")


def layer_called(plan: Plan, name: str) -> Layer | None:
    """The layer of a name, or of a role."""
    if name in plan.layers:
        return plan.layers[name]
    if name == "districts" and plan.layers_of("districts"):
        return district_layer(plan)
    return next(iter(plan.layers_of(name)), None) if name in ROLES else None


def layer_fault(plan: Plan, name: str) -> Both | None:
    """The complaint that there is no such layer, with the nearest name."""
    if name == HUBS or layer_called(plan, name) is not None:
        return None
    if not name:
        return Both("缺少图层；请写 layer", "the layer is missing; write layer")
    hint = nearest(name, plan.layers)
    return Both(
        f"规划没有图层“{shown(name)}”{hint.zh}", f"the plan has no layer “{shown(name)}”{hint.en}"
    )


def columns_of(plan: Plan, name: str) -> tuple[str, ...]:
    """What a condition may ask of the features of a layer."""
    if name == HUBS:
        return _HUB_COLUMNS
    layer = layer_called(plan, name)
    if layer is None:
        return ()
    return tuple(str(c) for c in layer.frame.columns if c != layer.frame.geometry.name)


def layer_words(plan: Plan, name: str, where: str) -> Both:
    """What people call the features of a layer for which a condition holds."""
    kind = where.removeprefix("kind = ").strip()
    if name == HUBS and kind in VOCABULARIES["hub_kind"]:
        return Both(*VOCABULARIES["hub_kind"][kind])
    layer = layer_called(plan, name)
    if layer is not None and layer.role == "districts":
        words = Both("规划的区县", "the districts of the plan")
    elif layer is not None:
        words = Both(layer.title_zh, layer.title_en)
    else:
        words = Both("交通枢纽", "hubs") if name == HUBS else Both(name, name)
    return Both(f"{words.zh}({where})", f"{words.en} ({where})") if where else words
