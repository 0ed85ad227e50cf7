"""OGC API - Features in OpenAPI: one path for each collection, with its own properties."""

from collections.abc import Callable, Iterable
from typing import Any

from geoplan.exchange.outgoing.dataset import Dataset
from geoplan.exchange.outgoing.fields import Field
from geoplan.plan.problems import Language
from webmap.ogc_collections import Collection, available, density_by, title
from webmap.ogc_cql2 import LONGEST
from webmap.ogc_crs import references
from webmap.ogc_documents import (
    GEOJSON,
    HTML,
    JSON,
    OPENAPI,
    PROBLEM,
    SCHEMA,
    property_schema,
)
from webmap.ogc_items import DEFAULT_LIMIT, FURTHEST, LANGUAGES, MOST_ITEMS, RESERVED
from webmap.openapi_schemas import (
    INTEGER,
    NUMBER,
    TEXT,
    Schema,
    answered,
    chooser,
    content,
    geojson_schemas,
    held,
    listed,
    maybe,
    one_of,
    parameter,
    ref,
    shared,
)
from webmap.shelf import Shown
from webmap.state import years_of

TAG = "ogc"
_DAY = "[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
_MOMENT = f"{_DAY}(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)?"
_SPAN = rf"^({_MOMENT}|{_MOMENT}/(\.\.)?|(\.\.)?/{_MOMENT})$"
_ITEM_PARAMETERS = (
    "limit", "offset", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang",
    "filter-crs", "f", "lang",
)  # fmt: skip


def paths(shown: Shown, language: Language) -> dict[str, Any]:
    """Every address below ``/ogc``."""
    say = chooser(language)
    found = {
        "/": _get("ogcLanding", say("入口", "Landing page"), JSON, ref("LandingPage"), language),
        "/conformance": _get(
            "ogcConformance", say("所遵循的标准", "Conformance"), JSON, ref("Conformance"), language
        ),
        "/api": _get(
            "ogcApi", say("本文档", "This document"), OPENAPI, {"type": "object"}, language
        ),
        "/collections": _get(
            "ogcCollections", say("全部数据集", "Collections"), JSON, ref("Collections"), language
        ),
    }
    for one in available(shown):
        found |= _collection_paths(shown, one, language)
    return found


def _get(
    operation: str,
    summary: str,
    kind: str,
    schema: Schema,
    language: Language,
    parameters: Iterable[Any] = (),
    *,
    missing: bool = False,
    crs: bool = False,
) -> dict[str, Any]:
    say = chooser(language)
    contents = {**content(kind, schema), **content(HTML, TEXT)}
    headers = (
        {"Content-Crs": {"description": say("坐标系", "CRS of the answer"), "schema": TEXT}}
        if crs
        else {}
    )
    refused = {"400": "Wrong", "406": "Unacceptable"} | ({"404": "Missing"} if missing else {})
    get: dict[str, Any] = {
        "tags": [TAG],
        "operationId": operation,
        "summary": summary,
        "parameters": [*parameters, *([] if parameters else [shared("f"), shared("lang")])],
        "responses": {
            "200": answered(summary, contents, **({"headers": headers} if headers else {})),
            **{
                status: {"$ref": f"#/components/responses/{name}"}
                for status, name in sorted(refused.items())
            },
        },
    }
    return {"get": get}


def _collection_paths(shown: Shown, found: Collection, language: Language) -> dict[str, Any]:
    say, dataset = chooser(language), found.dataset
    name = title(dataset)[language]
    path = f"/collections/{found.id}"
    question = question_parameters(shown, dataset, language)
    own = [_property_parameter(one, language) for one in found.fields if one.name not in RESERVED]
    key = parameter(
        "featureId", say("编号", "Id of the feature"), dict(TEXT), where="path",
        **({"example": found.ids[0]} if found.ids else {}),
    )  # fmt: skip
    stem = f"ogc_{found.id}"
    return {
        path: _get(stem, say(f"数据集“{name}”", f"Collection “{name}”"), JSON,
                   ref("Collection"), language),
        f"{path}/queryables": _get(
            f"{stem}_queryables", say(f"“{name}”可查询的属性", f"Queryables of “{name}”"), SCHEMA,
            {"type": "object"}, language,
        ),
        f"{path}/items": _get(
            f"{stem}_items", say(f"“{name}”的要素", f"Features of “{name}”"), GEOJSON,
            ref("Items"), language,
            [*question, *own, *(shared(one) for one in _ITEM_PARAMETERS)], crs=True,
        ),
        f"{path}/items/{{featureId}}": _get(
            f"{stem}_item", say(f"“{name}”的一个要素", f"One feature of “{name}”"), GEOJSON,
            ref("Feature"), language,
            [key, *question, shared("crs"), shared("f"), shared("lang")], missing=True, crs=True,
        ),
    }  # fmt: skip


def question_parameters(shown: Shown, dataset: Dataset, language: Language) -> list[dict[str, Any]]:
    """What a density result may be asked for."""
    if density_by(dataset) is None:
        return []
    say, tables = chooser(language), shown.plan.tables
    years = [str(year) for year in years_of(tables["projects"])]
    return [
        parameter("sector", say("只计某一产业", "Money of one sector only"),
                  one_of(str(one) for one in tables["sectors"]["id"].dropna())),
        parameter("year", say("只计某一年的投资", "Money of one year only"), one_of(years)),
        parameter("without_largest", say("1：不计最大的项目", "1: without the largest project"),
                  one_of(["0", "1"])),
    ]  # fmt: skip


def _property_parameter(field: Field, language: Language) -> dict[str, Any]:
    say = chooser(language)
    schema = {
        name: value for name, value in property_schema(field, language).items()
        if name in ("type", "format")
    }  # fmt: skip
    if field.kind == "flag":
        schema = one_of(["true", "false"])
    elif schema["type"] == "integer":
        # What an id of a table may be; more would not tell one number from the next.
        schema |= {"minimum": -(2**53), "maximum": 2**53}
    elif schema["type"] == "string":
        schema |= {"maxLength": 200} if "format" not in schema else {}
    heading = field.heading(language) or field.name
    return parameter(field.name, say(f"{heading} 等于", f"{heading} equals"), schema)


def parameters(shown: Shown, language: Language) -> dict[str, Any]:
    """The parameters that many paths share."""
    say = chooser(language)
    uris = one_of(one.uri for one in references(shown.plan.meta.analysis_crs))
    box = listed(NUMBER, minItems=4, maxItems=6)
    found = [
        parameter("f", say("答复的格式；不写则看 Accept", "Form of the answer; else as Accept says"),
                  one_of(["json", "html"])),
        parameter("lang", say("语言", "Language"), one_of(["zh", "en"])),
        parameter(
            "limit",
            say("一页至多几个；更大的数按最大值算", "Features on a page; more is taken as the most"),
            {**INTEGER, "minimum": 1, "maximum": MOST_ITEMS, "default": DEFAULT_LIMIT},
        ),
        parameter("offset", say("跳过几个", "Features to leave out first"),
                  {**INTEGER, "minimum": 0, "maximum": FURTHEST, "default": 0}),
        parameter(
            "bbox",
            say("与此范围相交的要素；默认经纬度：西,南,东,北",
                "Features that intersect a box: west,south,east,north in degrees unless bbox-crs says else"),
            box, example=[round(value, 3) for value in shown.plan.meta.extent],
        ),
        parameter("bbox-crs", say("bbox 的坐标系(按其轴序)", "CRS of bbox, axes in its order"), uris),
        parameter(
            "datetime",
            say("与此时间相交的要素；不知何时的也算在内",
                "Features at that time; those of unknown time are among them"),
            {**TEXT, "pattern": _SPAN}, example="2017-01-01/2019-12-31",
        ),
        parameter("crs", say("答复的坐标系(按其轴序)", "CRS of the answer, axes in its order"), uris),
        parameter("filter", say("CQL2 条件", "A condition in CQL2"),
                  {**TEXT, "maxLength": LONGEST}),
        parameter("filter-lang", say("条件的写法", "Spelling of the condition"),
                  {**one_of(LANGUAGES), "default": next(iter(LANGUAGES))}),
        parameter("filter-crs", say("条件里图形的坐标系", "CRS of geometries in the condition"),
                  uris),
    ]  # fmt: skip
    return {one["name"]: one for one in found}


def responses(say: Callable[[str, str], str]) -> dict[str, Any]:
    """What is answered to a request that cannot be met."""
    said = {
        "Wrong": say("参数不对；原因写在答复里", "A parameter is wrong; the answer says why"),
        "Missing": say("没有这一项", "There is no such thing"),
        "Unacceptable": say("没有这种格式", "There is no such form"),
    }
    contents = {**content(PROBLEM, ref("Exception")), **content(HTML, TEXT)}
    return {name: answered(text, contents) for name, text in said.items()}


def schemas() -> dict[str, Schema]:
    """The documents of the interface."""
    links = listed(ref("Link"))
    return {
        **geojson_schemas(),
        "Exception": held(
            ["description"], title=TEXT, status=INTEGER, detail=TEXT, code=TEXT, description=TEXT
        ),
        "Link": held(["type", "title"], href=TEXT, rel=TEXT, type=TEXT, title=TEXT),
        "LandingPage": held(title=TEXT, description=TEXT, links=links),
        "Conformance": held(["links"], conformsTo=listed(TEXT), links=links),
        "Collection": held(
            ["title", "description", "attribution", "license", "extent", "storageCrs",
             "provenance"],
            id=TEXT, title=TEXT, description=TEXT, attribution=TEXT, license=TEXT,
            extent=held(
                ["spatial", "temporal"],
                spatial=held(bbox=listed(ref("Box"), minItems=1), crs=TEXT),
                temporal=held(
                    interval=listed(
                        listed(maybe({**TEXT, "format": "date-time"}), minItems=2, maxItems=2),
                        minItems=1,
                    ),
                    trs=TEXT,
                ),
            ),
            itemType=one_of(["feature"]), crs=listed(TEXT, minItems=1), storageCrs=TEXT,
            links=links, provenance={"type": "object"},
        ),
        "Collections": held(links=links, collections=listed(ref("Collection"))),
        "Items": held(
            type=one_of(["FeatureCollection"]),
            timeStamp={**TEXT, "format": "date-time"},
            numberMatched={**INTEGER, "minimum": 0},
            numberReturned={**INTEGER, "minimum": 0},
            links=links,
            metadata={"type": "object"},
            features=listed(ref("Feature")),
        ),
    }  # fmt: skip
