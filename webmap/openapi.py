"""The whole interface as one OpenAPI 3.0 document: OGC API - Features, and what the pages ask.

Paths begin at ``/ogc``, as clients of the standard expect; those of the pages
say their own root.
"""

from typing import Any

import geoplan
from geoplan.exchange.prints.captions import SKETCH_NOTE
from geoplan.plan.problems import Language
from webmap import openapi_api, openapi_data, openapi_ogc, openapi_site
from webmap.openapi_schemas import answered, chooser, citation_schemas, content, ref
from webmap.shelf import Shown


def document(shown: Shown, root: str, language: Language) -> dict[str, Any]:
    """The document of a plan; made once for each state of it.

    Parameters
    ----------
    root :
        Address of the application.
    """
    made = shown.things.get(("openapi", language), lambda: _document(shown, language))
    # A server may be asked under many names: what it is called is put in last.
    own = [{"url": root.rstrip("/") or "/"}]
    pages = {path: {"servers": own, **entry} for path, entry in made["pages"].items()}
    return {
        **made["document"],
        "servers": [{"url": f"{root.rstrip('/')}/ogc"}],
        "paths": {**made["document"]["paths"], **pages},
    }


def _document(shown: Shown, language: Language) -> dict[str, Any]:
    say, meta = chooser(language), shown.plan.meta
    titles = {"zh": meta.title_zh, "en": meta.title_en or meta.title_zh}
    found: dict[str, Any] = {
        "openapi": "3.0.3",
        "info": {
            "title": titles[language] or meta.id,
            "description": say(
                f"图层、项目、企业、平台与投资密度。{SKETCH_NOTE.zh}。",
                f"Layers, projects, firms, platforms and density of investment. {SKETCH_NOTE.en}.",
            ),
            "version": geoplan.__version__,
        },
        "servers": [],
        "tags": [
            {"name": openapi_ogc.TAG, "description": "OGC API - Features"},
            {"name": openapi_api.TAG, "description": say("页面所用的数据", "Data of the pages")},
            {"name": openapi_site.TAG, "description": say("选址", "Site selection")},
            {"name": openapi_data.TAG, "description": say("导入", "Imports")},
        ],
        "paths": openapi_ogc.paths(shown, language),
        "components": {
            "schemas": {
                **openapi_ogc.schemas(),
                **citation_schemas(),
                **openapi_api.schemas(),
                **openapi_site.schemas(),
                **openapi_data.schemas(),
            },
            "parameters": openapi_ogc.parameters(shown, language),
            "responses": {**openapi_ogc.responses(say), **_refusals(language)},
        },
    }
    pages = {
        **openapi_api.paths(shown, language),
        **openapi_site.paths(shown, language),
        **openapi_data.paths(shown, language),
    }
    return {"document": found, "pages": pages}


def _refusals(language: Language) -> dict[str, Any]:
    say = chooser(language)
    said = {
        400: say("请求不对；原因写在答复里", "The request is wrong; the answer says why"),
        403: say("只接受本站页面的请求", "Only pages of this site may ask"),
        404: say("没有这一项", "There is no such thing"),
        409: say("与别的操作冲突", "It is in conflict with something else"),
        413: say("太大", "It is too large"),
        415: say("只接受 JSON", "Only JSON is taken"),
        503: say("忙或无法保存；稍后再试", "Busy, or nothing can be kept; try again later"),
    }
    body = content("application/json", ref("Refusal"))
    return {f"Refusal{status}": answered(text, body) for status, text in said.items()}
