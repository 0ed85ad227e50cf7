"""Site selection in OpenAPI: a brief is sent, a decision comes back."""

from typing import Any

from geoplan.plan.problems import Language
from webmap.api_site import FILES
from webmap.openapi_schemas import (
    BINARY,
    COUNT,
    FLAG,
    FREE,
    INTEGER,
    JSON,
    NUMBER,
    POSTED,
    TEXT,
    Schema,
    answered,
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
from webmap.posting import LARGEST_BODY
from webmap.shelf import Shown

TAG = "site"
_PARTS = (
    "project", "candidates", "must", "must_not", "criteria", "weights", "preferences",
    "robustness", "like",
)  # fmt: skip
_NAME: Schema = {"type": "string", "pattern": "^[0-9a-f]{16}$"}


def paths(shown: Shown, language: Language) -> dict[str, Any]:
    """Every address of site selection."""
    say = chooser(language)
    name = parameter("name", say("方案编号", "Name of a saved brief"), _NAME, where="path",
                     example="0123456789abcdef")  # fmt: skip
    file = parameter("file", say("文件", "File"), one_of(FILES), where="path")
    site = parameter("site", say("单页所指的候选", "Candidate that a sheet is of"),
                     {**TEXT, "maxLength": 200})  # fmt: skip
    files = {kind: {"schema": FREE if "json" in kind else BINARY} for kind in FILES.values()}
    brief, saved = ref("Brief"), ref("Saved")
    sectors = shown.plan.tables["sectors"]["id"].dropna().tolist()
    example: dict[str, Any] = {
        "project": {"sector": sectors[0] if sectors else "", "land_mu": 150},
        "candidates": {"kind": "platforms"},
    }
    return {
        "/api/site/decide": _post(
            "decide", say("按方案评选，答复即决策记录", "The decision record of a brief"),
            brief, ref("Decision"), example=example, busy=True,
        ),
        "/api/site/briefs": _post(
            "saveBrief", say("保存方案", "Keep a brief"), brief, saved, status="201",
            example=example, busy=True,
        ),
        "/api/site/briefs/{name}.{form}": _get(
            "brief", say("已保存的方案", "A saved brief"),
            {**content(JSON, FREE), **content("application/toml", TEXT)},
            [name, parameter("form", say("格式", "Form"), one_of(["json", "toml"]), where="path")],
        ),
        "/api/site/weights": _post(
            "weights", say("由排序或两两比较得出权重", "Weights from an order or from judgements in pairs"),
            ref("WeightsAsked"), ref("Weights"), example={"order": ["a", "b"]},
        ),
        "/api/site/compare": _post(
            "compare", say("两处怎样才会换位", "What would turn round the order of two sites"),
            held(brief=brief, a=TEXT, b=TEXT), ref("Turned"), missing=True, busy=True,
        ),
        "/api/site/text": _post(
            "briefText", say("方案的文字与字段互换", "A brief as text and as fields"),
            held(["text", "brief"], text=TEXT, brief=brief), held(brief=FREE, toml=TEXT),
            example={"text": f'[project]\nsector = "{example["project"]["sector"]}"'},
        ),
        "/api/site/parcels": _post(
            "parcels", say("上传地块或排除范围的文件(base64)，得到要素",
                           "A file of parcels or of areas to keep away from (base64) as features"),
            held(["use"], use=one_of(["candidates", "areas"]), name=TEXT, content={**TEXT, "format": "byte", "maxLength": LARGEST_BODY}),
            held(features=ref("FeatureCollection")),
        ),
        "/api/site/replay": _post(
            "replay", say("决策记录是否仍成立", "Whether a decision record still holds"),
            FREE, held(same=FLAG, causes=listed(ref("Both")), effects=listed(ref("Both"))), busy=True,
        ),
        "/api/site/explore": _post(
            "explore", say("全域得分面与最佳片区", "The surface of scores and its best areas"),
            held(["mu", "count"], brief=brief, mu=maybe(NUMBER), count=maybe(INTEGER)),
            FREE, busy=True,
        ),
        "/api/site/cell": _post(
            "cell", say("一格的得分与理由", "One cell with all reasons"),
            held(brief=brief, lon=NUMBER, lat=NUMBER), FREE, missing=True, busy=True,
        ),
        "/api/site/{name}/surface.png": _get(
            "surface", say("已保存方案的得分面", "The surface of a saved brief"),
            {"image/png": {"schema": BINARY}}, [name],
        ),
        "/api/site/{name}/{file}": _get(
            "resultFile", say("已保存方案的结果文件", "A file of a saved brief's result"),
            files, [name, file, site],
        ),
        "/api/site/files/{file}": _post(
            "resultFileOf", say("未保存方案的结果文件", "A file of the result of a brief that is sent"),
            held(["site"], brief=brief, site=TEXT), {}, [file], contents=files,
            missing=True, busy=True,
        ),
    }  # fmt: skip


def _post(
    name: str,
    summary: str,
    body: Schema,
    schema: Schema,
    parameters: list[dict[str, Any]] | None = None,
    *,
    status: str = "200",
    example: Any = None,
    contents: dict[str, Any] | None = None,
    missing: bool = False,
    busy: bool = False,
) -> dict[str, Any]:
    sent = {"schema": body, **({"example": example} if example is not None else {})}
    refused = [*POSTED, *([404] if missing else []), *([503] if busy else [])]
    responses = {
        status: answered(summary, contents or content(JSON, schema)),
        **refusals(*sorted(refused)),
    }
    asked = {"required": True, "content": {JSON: sent}}
    return {"post": operation(TAG, name, summary, parameters or (), responses, requestBody=asked)}


def _get(
    name: str, summary: str, contents: dict[str, Any], parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    responses = {"200": answered(summary, contents), **refusals(400, 404, 503)}
    return {"get": operation(TAG, name, summary, parameters, responses)}


def schemas() -> dict[str, Schema]:
    """What site selection takes and answers."""
    change = held(
        ["unit"], **{"criterion": TEXT, "from": maybe(NUMBER), "to": NUMBER, "unit": TEXT}
    )
    return {
        "Brief": {
            "type": "object",
            "properties": {
                "title": TEXT,
                **dict.fromkeys(_PARTS, FREE),
                "rules": listed(FREE),
            },
        },
        "Saved": held(id=_NAME, kept=FLAG),
        "Decision": held(
            format=TEXT, version=INTEGER, made=TEXT, plan=FREE, brief=FREE, question=FREE,
            counts=mapped(COUNT), criteria=listed(FREE), weighting=FREE, rules=listed(FREE),
            sites=listed(FREE), geometry=ref("FeatureCollection"), saved=ref("Saved"),
        ),
        "WeightsAsked": {
            "type": "object",
            "properties": {
                "method": one_of(["ahp", "order"]),
                "order": listed({"oneOf": [TEXT, listed(TEXT)]}),
                "criteria": listed(TEXT),
                "judgements": listed(listed({"oneOf": [TEXT, NUMBER]})),
            },
        },
        "Weights": held(
            weights=mapped(NUMBER), lambda_max=maybe(NUMBER), ratio=maybe(NUMBER), flagged=FLAG,
            revisit=maybe(FREE),
        ),
        "Turned": held(
            loser=maybe(TEXT), winner=maybe(TEXT), weights=listed(change), values=listed(change)
        ),
    }  # fmt: skip
