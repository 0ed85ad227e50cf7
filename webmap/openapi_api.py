"""The interface of the pages in OpenAPI: what the map asks for."""

from typing import Any

from geoplan.exchange.prints.captions import MEASURE_NAMES
from geoplan.place.density import BY
from geoplan.plan.problems import Language
from geoplan.plan.subjects import KINDS
from webmap import known
from webmap.api_layers import VIRTUAL
from webmap.openapi_schemas import (
    COUNT,
    DAY,
    FLAG,
    FREE,
    INTEGER,
    JSON,
    NUMBER,
    TEXT,
    Schema,
    answered,
    called,
    chooser,
    content,
    held,
    listed,
    mapped,
    maybe,
    one_of,
    operation,
    parameter,
    ref,
    refusals,
)
from webmap.shelf import Shown
from webmap.state import METHODS, years_of

TAG = "pages"
_GEOJSON = "application/geo+json"


def paths(shown: Shown, language: Language) -> dict[str, Any]:
    """Every address of the map's interface."""
    say, plan = chooser(language), shown.plan
    names = known.names(shown)
    sectors = [key for kind, key in names if kind == "sectors"]
    vintages = [layer.name for layer in plan.layers_of("districts")]
    vintage = parameter("vintage", say("区划图层", "District layer"), one_of(vintages))
    return {
        "/api/state": _get(
            "state", say("页面所需的一切：规划、产业、图层、词汇", "What a page needs once: plan, sectors, layers, words"),
            ref("State"),
        ),
        "/api/layers/{name}.geojson": _get(
            "layer", say("一个图层，或项目、企业的已知范围", "A layer, or the footprints of projects or firms"),
            ref("FeatureCollection"),
            [parameter("name", say("图层", "Layer"), one_of([*plan.layers, *VIRTUAL]), where="path")],
            kind=_GEOJSON, missing=True,
        ),
        "/api/zones/{by}.geojson": _get(
            "zones", say("密度的分区", "Zones of density"), ref("FeatureCollection"),
            [parameter("by", say("分区", "Zones"), one_of(BY), where="path"), vintage],
            kind=_GEOJSON, missing=True,
        ),
        "/api/density": _get(
            "density", say("各分区的投资、项目与企业，已分级", "Money, projects and firms by zone, in classes"),
            ref("Density"),
            [
                parameter("by", say("分区", "Zones"), {**one_of(BY), "default": "district"}),
                parameter("measure", say("指标", "Measure"), {**one_of(MEASURE_NAMES), "default": "investment_wanyuan_per_km2"}),
                parameter("sector", say("产业", "Sector"), one_of(str(one) for one in plan.tables["sectors"]["id"].dropna())),
                parameter("year", say("年份", "Year"), one_of(str(one) for one in years_of(plan.tables["projects"]))),
                vintage,
                parameter("without_largest", say("1：不计最大的项目", "1: without the largest project"), one_of(["0", "1"])),
                parameter("method", say("分级方法", "How classes are made"), {**one_of(METHODS), "default": "natural_breaks"}),
                parameter("k", say("级数", "Number of classes"), {**INTEGER, "minimum": 2, "maximum": 9, "default": 5}),
            ],
        ),
        "/api/placement": _get(
            "placement",
            say("产业布局：按产业或按区县(二者择一)", "Which sector goes where: by sector, or by district; give one"),
            {"oneOf": [ref("PlacementOfSector"), ref("PlacementOfDistrict")]},
            [
                parameter("sector", say("产业", "Sector"), one_of(sectors)),
                parameter("district", say("区县代码", "District code"), one_of(key for kind, key in names if kind == "districts")),
            ],
            missing=True,
            opened_with={"sector": next(iter(sectors))} if sectors else None,
        ),
        "/api/subject/{kind}/{id}": _get(
            "subject", say("一个对象的全部说法", "What the plan says of one subject"), ref("Subject"),
            [
                parameter("kind", say("类别", "Kind"), one_of(KINDS), where="path"),
                parameter("id", say("编号", "Id"), dict(TEXT), where="path",
                          **({"example": next(key for kind, key in names if kind == KINDS[0])}
                             if any(kind == KINDS[0] for kind, _ in names) else {})),
            ],
            missing=True,
        ),
        "/api/search": _get(
            "search", say("按名称查找；不写 q 则列出全部名称", "Subjects by name; without q every name there is"),
            {"oneOf": [listed(ref("Hit"), maxItems=20), held(more=COUNT, names=listed(ref("Hit")))]},
            [parameter("q", say("所找的文字", "Text to look for"), {**TEXT, "maxLength": 200})],
        ),
        "/api/coarse": _get(
            "coarse", say("只知区县或位置不详的项目与企业", "What is known to a district only, or not at all"),
            listed(ref("Coarse")),
        ),
        "/api/projects": _get(
            "projects", say("项目表，按投资从大到小", "The projects by falling investment"), ref("Projects"),
            [parameter("from", say("从第几行起", "Rows to leave out first"), {**COUNT, "maximum": 10_000_000})],
        ),
        "/healthz": _get("healthz", say("服务是否正常", "Whether the server is well"), ref("Health")),
    }  # fmt: skip


def _get(
    name: str,
    summary: str,
    schema: Schema,
    parameters: list[dict[str, Any]] | None = None,
    *,
    kind: str = JSON,
    missing: bool = False,
    opened_with: dict[str, str] | None = None,
) -> dict[str, Any]:
    responses = {
        "200": answered(summary, content(kind, schema)),
        **refusals(400, *([404] if missing else [])),
    }
    opened = {"x-open": opened_with} if opened_with else {}
    return {"get": operation(TAG, name, summary, parameters or (), responses, **opened)}


def _names(*stems: str) -> dict[str, Schema]:
    return {f"{stem}_{language}": TEXT for stem in stems for language in ("zh", "en")}


def _maybe_names(*stems: str) -> dict[str, Schema]:
    return {name: maybe(schema) for name, schema in _names(*stems).items()}


def _state() -> dict[str, Schema]:
    word = mapped(ref("Both"))
    named = held(id=TEXT, zh=TEXT, en=TEXT)
    layer = held(
        name=TEXT, role=TEXT, **_names("title", "note"), count=COUNT, origin=listed(TEXT),
        licence=TEXT, accessed=maybe(DAY), valid_from=maybe(DAY), valid_to=maybe(DAY),
        accuracy_m=maybe(NUMBER), geometry_basis=TEXT, datum=TEXT, age_days_over=INTEGER,
    )  # fmt: skip
    plan = held(
        id=TEXT, zh=TEXT, en=maybe(TEXT), extent=ref("Box"), language=TEXT, shown_on=maybe(DAY),
        crs=TEXT,
    )  # fmt: skip
    sector = called(
        id=TEXT, plan=TEXT, **_names("short", "tier"), colour=TEXT, order=maybe(INTEGER),
        projects=COUNT, linked=COUNT,
    )  # fmt: skip
    source = called(
        id=TEXT, kind=TEXT, **_names("publisher"), issued=maybe(DAY), accessed=maybe(DAY),
        licence=TEXT, address=TEXT, age_days_over=INTEGER,
    )  # fmt: skip
    return {
        "State": held(
            plan=plan, today=DAY, plans=listed(FREE), sectors=listed(sector),
            wings=listed(called(id=TEXT, plan=TEXT, kind=TEXT, colour=TEXT, **_names("role", "axis"))),
            years=listed(INTEGER),
            vintages=listed(held(layer=TEXT, **_names("title"), valid_from=maybe(DAY), valid_to=maybe(DAY))),
            layers=listed(layer),
            virtual=listed(held(name=TEXT, role=TEXT, **_names("title"), count=COUNT, coarse=COUNT)),
            sources=listed(source), words=mapped(word), by=listed(named),
            measures=listed(called(id=TEXT, **_names("unit"))), methods=listed(named),
            notices=listed(called(code=TEXT, file=TEXT, row=maybe(INTEGER))), basemap=maybe(FREE),
        ),
    }  # fmt: skip


def _density() -> dict[str, Schema]:
    numbers = mapped(maybe(NUMBER))
    money = held(placed=INTEGER, outside=INTEGER, coarser=INTEGER, unplaced=INTEGER, total=INTEGER)
    classes = held(
        method=TEXT, k=INTEGER, edges=listed(NUMBER), lowest=maybe(NUMBER), counts=listed(COUNT),
        colours=listed(TEXT), labels_zh=listed(TEXT), labels_en=listed(TEXT), has_zero=FLAG,
        zero_count=COUNT, zero_colour=TEXT, has_nodata=FLAG, nodata_count=COUNT,
    )  # fmt: skip
    return {
        "Density": held(
            by=TEXT, measure=TEXT, unit=TEXT, **_names("unit", "note"), values=numbers,
            counts=mapped(listed(maybe(NUMBER), minItems=2, maxItems=2)), money_by_zone=numbers,
            classes=classes, histogram=held(edges=listed(NUMBER), counts=listed(COUNT), log=FLAG),
            money=money, left_out=maybe(called(id=TEXT, wanyuan=INTEGER)), reallocated=COUNT,
            cell_m=maybe(NUMBER), note=TEXT,
        ),
    }  # fmt: skip


def _subject() -> dict[str, Schema]:
    cited = maybe({"allOf": [ref("Citation")]})
    years = maybe(listed(INTEGER, minItems=2, maxItems=2))
    related = listed(ref("Related"))
    kinds = ("projects", "firms", "platforms", "sectors", "segments", "districts", "wings", "hubs")
    value = maybe(NUMBER)
    fact = held(
        **_names("label", "value"), number=value, unit=TEXT, kind=maybe(TEXT), id=maybe(TEXT),
        basis=TEXT, cite=cited,
    )  # fmt: skip
    figure = held(
        id=maybe(TEXT), measure=maybe(TEXT), **_maybe_names("measure"), kind=maybe(TEXT),
        status=maybe(TEXT), operator=maybe(TEXT), number=value, number_high=value,
        unit=maybe(TEXT), year_start=maybe(INTEGER), year=maybe(INTEGER), **_names("value"),
        cite=cited,
    )  # fmt: skip
    return {
        "Related": called(
            kind=TEXT, id=TEXT, **_names("role"), wanyuan=maybe(INTEGER), years=years, cite=cited
        ),
        "Subject": called(
            kind=TEXT, id=TEXT, facts=listed(fact), figures=listed(figure),
            **dict.fromkeys(kinds, related), more=mapped(COUNT), pairs=listed(FREE),
            series=listed(held(year=INTEGER, value=NUMBER)), trends=listed(FREE),
            links=mapped(TEXT), bbox=maybe({"allOf": [ref("Box")]}), precision=TEXT,
            accuracy_m=value, place_basis=TEXT,
        ),
        "PlacementOfSector": called(
            sector=TEXT, roles=listed(ref("Role")), districts=mapped(listed(ref("Placed"))),
            more=FREE, platforms=related, firms=related, projects=listed(FREE),
        ),
        "PlacementOfDistrict": called(
            district=TEXT, roles=listed(ref("Role")), sectors=mapped(listed(ref("Placed")))
        ),
        "Role": held(id=TEXT, zh=TEXT, en=TEXT),
        "Placed": called(
            ["code", "id"], code=TEXT, id=TEXT, plan=maybe(TEXT), segment=maybe(TEXT),
            **_names("segment"), basis=TEXT, cite=cited,
        ),
    }  # fmt: skip


def schemas() -> dict[str, Schema]:
    """What the map's interface answers."""
    row = held(
        ["enterprise_zh", "enterprise_en", "platform_zh", "platform_en", "district_zh",
         "district_en"],
        id=TEXT, zh=TEXT, en=TEXT, enterprise=maybe(TEXT), sector=maybe(TEXT),
        wanyuan=maybe(INTEGER), years=maybe(listed(INTEGER, minItems=2, maxItems=2)),
        platform=maybe(TEXT), platform_basis=maybe(TEXT), district=maybe(TEXT), precision=TEXT,
        conformity=maybe(TEXT), **_names("enterprise", "platform", "district"),
    )  # fmt: skip
    return {
        **_state(),
        **_density(),
        **_subject(),
        "Hit": called(kind=TEXT, id=TEXT, matched=TEXT, bbox=maybe({"allOf": [ref("Box")]})),
        "Coarse": held(
            code=maybe(TEXT), layer=maybe(TEXT), kind=TEXT, count=COUNT, ids=listed(TEXT),
            names=listed(ref("Both")), more=COUNT,
        ),
        "Projects": held(
            **{"total": COUNT, "total_wanyuan": INTEGER, "from": COUNT, "more": COUNT,
               "next": maybe(INTEGER), "rows": listed(row)}
        ),
        "Health": held(
            status=one_of(["ok", "stale"]), version=TEXT, plan=TEXT,
            opened={**TEXT, "format": "date-time"}, faults=COUNT, refused=maybe(TEXT),
            refused_since=maybe(TEXT), aged=COUNT,
        ),
    }  # fmt: skip
