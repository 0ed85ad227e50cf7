"""Imports in OpenAPI: a file is sent, looked at, and perhaps written to the plan."""

from typing import Any

from geoplan.exchange.office.workbooks import MIMETYPE as XLSX
from geoplan.plan.problems import Language
from geoplan.schema import TABLES
from webmap.openapi_schemas import (
    BINARY,
    FLAG,
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
    mapped,
    maybe,
    one_of,
    operation,
    parameter,
    ref,
    refusals,
)
from webmap.shelf import Shown

TAG = "data"


def paths(_shown: Shown, language: Language) -> dict[str, Any]:
    """Every address of imports."""
    say = chooser(language)
    token = parameter(
        "token", say("上传的编号", "Name of an upload"),
        {"type": "string", "pattern": "^[A-Za-z0-9_-]{22}$"}, where="path",
    )  # fmt: skip
    upload = "/api/data/imports/{token}"
    state = content(JSON, ref("Upload"))
    return {
        "/api/data/imports": {
            "post": _operation(
                "sendFile", say("上传一个要导入的文件", "Send a file to import"),
                [parameter("name", say("文件名", "What the file is called"), {**TEXT, "maxLength": 200})],
                {"201": content(JSON, ref("Sent"))}, (*POSTED, 503),
                body=content("application/octet-stream", BINARY),
            ),
        },
        f"{upload}/preview": {
            "post": _operation(
                "previewImport", say("预览会改什么；结果用 GET 取", "Work out what would change; GET the outcome"),
                [token], {"202": state}, (*POSTED, 404, 409, 503), body=content(JSON, ref("Order")),
            ),
        },
        upload: {
            "get": _operation(
                "importState", say("进度与结果", "How far the work is, and what it found"), [token],
                {"200": state}, (400, 404),
            ),
            "delete": _operation(
                "forgetImport", say("停止并删除文件", "Stop the work and remove the file"), [token],
                {"204": None}, (400, 403, 404),
            ),
        },
        f"{upload}/cancel": {
            "post": _operation(
                "cancelImport", say("停止预览", "Stop a preview"), [token], {"202": state},
                (*POSTED, 404), body=content(JSON, {"type": "object"}),
            ),
        },
        f"{upload}/change.zip": {
            "get": _operation(
                "importChange", say("改后的文件与报告", "The files as they would be, with the report"),
                [token], {"200": content("application/zip", BINARY)}, (400, 404),
            ),
        },
        f"{upload}/remarks.csv": {
            "get": _operation(
                "importRemarks", say("拒绝与存疑的行", "What was refused or doubted"), [token],
                {"200": content("text/csv", TEXT)}, (400, 404),
            ),
        },
        f"{upload}/write": {
            "post": _operation(
                "writeImport", say("写入预览过的更改(服务器须允许)", "Write the change that was shown, if the server allows it"),
                [token], {"202": state}, (*POSTED, 404, 409, 503),
                body=content(JSON, held(["partial"], digest=TEXT, partial=FLAG)),
            ),
        },
        "/api/data/undo": {
            "post": _operation(
                "undoImport", say("撤销一次导入及其后的导入(服务器须允许)", "Take back an import and those after it, if the server allows it"),
                [], {"200": content(JSON, held(undone=TEXT))}, (*POSTED, 409, 503),
                body=content(JSON, held(["last"], entry=TEXT, last=TEXT)),
            ),
        },
        "/api/data/templates/{table}.xlsx": {
            "get": _operation(
                "template", say("一张表的填报模板", "A spreadsheet to fill in for one table"),
                [parameter("table", say("表", "Table"), one_of(TABLES), where="path")],
                {"200": content(XLSX, BINARY)}, (400, 404),
            ),
        },
    }  # fmt: skip


def _operation(
    name: str,
    summary: str,
    parameters: list[dict[str, Any]],
    responses: dict[str, Any],
    refused: tuple[int, ...],
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    sent = {"requestBody": {"required": True, "content": body}} if body else {}
    answers = {
        **{
            status: answered(summary, contents) if contents else {"description": summary}
            for status, contents in responses.items()
        },
        **refusals(*sorted(refused)),
    }
    return operation(TAG, name, summary, parameters, answers, **sent)


def schemas() -> dict[str, Schema]:
    """What imports take and answer."""
    texts = mapped({**TEXT, "maxLength": 1000})
    return {
        "Sent": held(token=TEXT, name=TEXT, size=INTEGER),
        "Order": {
            "type": "object",
            "properties": {
                "as": {**TEXT, "maxLength": 1000},
                "mapping": texts,
                "answers": texts,
                "source": texts,
            },
        },
        "Upload": held(
            ["name", "size", "what", "stage", "share", "message", "result", "command", "given"],
            token=TEXT, state=TEXT, limit_s=INTEGER, name=TEXT, size=INTEGER, what=TEXT,
            stage=TEXT, share=NUMBER, message=TEXT, result=maybe({"type": "object"}), command=TEXT,
            given={"type": "object"},
        ),
    }  # fmt: skip
