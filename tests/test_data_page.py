"""The data page and its API: what is told, what is taken along, what may come in and what not."""

import csv
import io
import json
import os
import shlex
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
from conftest import TINY, read_rows, set_cell
from flask.testing import FlaskClient
from test_webmap_i18n import Unmarked
from test_webmap_safety import poison_layers, poison_tables, structure

from geoplan.exchange.outgoing.datasets import datasets
from geoplan.plan.opening import Plan
from webmap import create_app, data_jobs, data_uploads, data_work
from webmap.data import when
from webmap.data_jobs import CrowdedError, Jobs
from webmap.data_sets import FORMS, forms_of
from webmap.data_uploads import TooLargeError, UploadStore, plain_name
from webmap.data_work import Order

HEADER = ["序号", "项目名称", "建设单位", "产业", "总投资(亿元)", "建设年限", "所在区"]
ROWS = [
    [1, "机械臂项目", "甲一公司", "机器人", 0.02, "2021-2022年", "甲区"],
    [2, "新建<b>工厂</b>", "甲一有限公司", "机器人", "约3亿", "2021-2023年", "甲区"],
    [3, "坏项目", "乙二公司", "纤维", "abc", "2023", "乙区"],
    ["合计", "", "", "", "3.02", "", ""],
]
ANSWERS = {"firm:甲一有限公司": "jia-yi"}
OCTETS = "application/octet-stream"
FAR = {"Origin": "https://elsewhere.example"}


def workbook(rows: list[list[Any]] = ROWS) -> bytes:
    """A spreadsheet as bureaus send them: a title above the header, a total below."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "汇总"
    for row in (["2021年项目汇总表"], [], HEADER, *rows):
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def client_of(folder: Path, work: Path, **config: Any) -> FlaskClient:
    app = create_app(folder, {"WORKSPACE": work, "TESTING": True, **config})
    return app.test_client()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A server that writes nothing."""
    return client_of(TINY, tmp_path_factory.mktemp("work"))


@pytest.fixture
def editor(folder: Path, tmp_path: Path) -> FlaskClient:
    return client_of(folder, tmp_path / "work", EDIT=True)


def send(client: FlaskClient, body: bytes, name: str = "汇总.xlsx", **more: Any) -> Any:
    return client.post(
        "/api/data/imports", query_string={"name": name}, data=body,
        content_type=more.pop("content_type", OCTETS), **more,
    )  # fmt: skip


def finished(client: FlaskClient, token: str) -> dict[str, Any]:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        state = client.get(f"/api/data/imports/{token}").json
        if state["state"] not in ("waiting", "working"):
            return state
        time.sleep(0.05)
    raise AssertionError(state)


def previewed(client: FlaskClient, token: str, **order: Any) -> dict[str, Any]:
    begun = client.post(f"/api/data/imports/{token}/preview", json=order)
    assert begun.status_code == 202, begun.text
    return finished(client, token)


def written(client: FlaskClient, token: str, digest: str, **order: Any) -> dict[str, Any]:
    begun = client.post(f"/api/data/imports/{token}/write", json={"digest": digest, **order})
    assert begun.status_code == 202, begun.text
    return finished(client, token)


# ---- the list
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/data", "/data/set/projects", "/data/set/table_rules", "/data/import"])  # fmt: skip
def test_pages_are_in_the_readers_language(reader: FlaskClient, path: str, lang: str) -> None:
    answer = reader.get(f"{path}?lang={lang}")
    assert answer.status_code == 200
    assert 'aria-current="page"' in answer.text
    assert structure(answer.text).bad == []
    parser = Unmarked()
    parser.feed(answer.text)
    assert lang == "zh" or parser.found == []


def test_every_dataset_is_listed_with_its_count(reader: FlaskClient, tiny: Plan) -> None:
    text = reader.get("/data").text
    for name in datasets(tiny):
        assert f"/data/set/{name}?" in text, name
    row = text.split("<code>table_projects</code>")[1].split("</tr>")[0]
    assert '<td class="number">4</td>' in row
    assert "一个投资项目" in row
    assert "format=xlsx" in row


def test_an_overdue_source_says_so(folder: Path, tmp_path: Path) -> None:
    at = read_rows(folder, "sources")[0].index("id")
    row = 2 + [r[at] for r in read_rows(folder, "sources")[1:]].index("tiny-plan")
    for column, value in (("issued", "2000-01-01"), ("freshness_days", "10")):
        set_cell(folder, "sources", row, column, value)
    client = client_of(folder, tmp_path)
    assert 'class="overdue"' in client.get("/data/set/table_projects").text
    fresh = client_of(TINY, tmp_path).get("/data/set/layer_hubs").text
    assert 'class="overdue"' not in fresh


def test_a_dataset_shows_rows_and_dictionary(reader: FlaskClient) -> None:
    text = reader.get("/data/set/table_projects").text
    assert "机械臂项目" in text
    assert "investment_wanyuan" in text
    assert "万元" in text
    assert "必填" in text
    assert reader.get("/data/set/nothing").status_code == 404


def test_an_empty_dataset_says_what_to_do(reader: FlaskClient) -> None:
    assert "/data/import" in reader.get("/data/set/table_sector_links").text.split("empty")[1]


# ---- downloads
def test_each_format_offered_can_be_had(reader: FlaskClient, tiny: Plan) -> None:
    for name in ("projects", "districts", "density_wing", "table_projects"):
        for form in forms_of(datasets(tiny)[name]):
            answer = reader.get(f"/data/download/{name}?format={form}")
            assert answer.status_code == 200, (name, form)
            assert f'filename="tiny-{name}-2' in answer.headers["Content-Disposition"]


def test_a_table_is_not_offered_as_shapes(tiny: Plan) -> None:
    assert set(forms_of(datasets(tiny)["table_rules"])) & {"shapefile", "qml"} == set()
    assert set(forms_of(datasets(tiny)["districts"])) == set(FORMS)


def test_crs_and_condition_are_kept(reader: FlaskClient, tmp_path: Path) -> None:
    query = {"format": "gpkg", "crs": "EPSG:4490", "where": "investment_wanyuan >= 200"}
    body = reader.get("/data/download/projects", query_string=query).data
    (tmp_path / "a.gpkg").write_bytes(body)
    found = gpd.read_file(tmp_path / "a.gpkg", layer="projects")
    assert found.crs.to_epsg() == 4490
    assert sorted(found["id"]) == ["p2", "p3"]


def test_a_layer_is_had_by_its_own_name(reader: FlaskClient) -> None:
    shapes = reader.get("/data/download/layer:hubs?format=geojson").json
    assert shapes["metadata"]["dataset"]["name"] == "layer_hubs"


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ({"format": "gpkg", "where": "monney > 3"}, "where", "monney"),
        ({"format": "gpkg", "where": "id = "}, "where", ""),
        ({"format": "gpkg", "where": "x" * 501}, "where", "500"),
        ({"format": "exe"}, "format", "exe"),
        ({}, "format", "gpkg"),
        ({"format": "geojson", "crs": "EPSG:3857"}, "crs", "WGS 84"),
        ({"format": "gpkg", "crs": "EPSG:1"}, "crs", "EPSG:4490"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    reader: FlaskClient, query: dict[str, str], field: str, said: str
) -> None:
    for lang in ("zh", "en"):
        page = reader.get("/data/download/projects", query_string={**query, "lang": lang})
        assert page.status_code == 400
        told = page.text.split(f'id="error-{field}"')[1].split("</strong>")[0]
        assert said in told
        assert 'aria-invalid="true"' in page.text
        parser = Unmarked()
        parser.feed(page.text)
        assert lang == "zh" or parser.found == []
    plain = reader.get(
        "/data/download/projects", query_string=query, headers={"Accept": "application/json"}
    )
    assert plain.json["field"] == field


@pytest.mark.parametrize("name", ["..%2f..%2fplan.toml", "%2e%2e", "layer:..", "projects%00", "a" * 5000])  # fmt: skip
def test_a_name_is_never_a_path(reader: FlaskClient, name: str) -> None:
    assert reader.get(f"/data/download/{name}?format=csv").status_code == 404
    assert reader.get(f"/data/set/{name}").status_code == 404


def test_the_package_is_a_plan(reader: FlaskClient) -> None:
    answer = reader.get("/data/package")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="tiny-2')
    names = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    assert {"plan.toml", "data/projects.csv", "SHA256SUMS"} <= set(names)


def test_names_are_text_everywhere(folder: Path, tmp_path: Path) -> None:
    poison_tables(folder)
    poison_layers(folder)
    client = client_of(folder, tmp_path)
    for path in ("/data", "/data/import", *(f"/data/set/{n}" for n in ("projects", "wings", "table_sources", "table_projects"))):  # fmt: skip
        for lang in ("zh", "en"):
            text = client.get(f"{path}?lang={lang}").text
            assert structure(text).bad == [], path


# ---- sending
def test_only_our_own_pages_may_send(editor: FlaskClient) -> None:
    body = workbook()
    assert send(editor, body, headers=FAR).status_code == 403
    assert send(editor, body, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert send(editor, body, content_type="text/plain").status_code == 415
    assert send(editor, body, content_type="multipart/form-data").status_code == 415
    token = send(editor, body).json["token"]
    for method, path in (
        ("POST", f"imports/{token}/preview"), ("POST", f"imports/{token}/write"), ("POST", "undo"),
        ("POST", f"imports/{token}/cancel"),
    ):  # fmt: skip
        answer = editor.open(f"/api/data/{path}", method=method, json={}, headers=FAR)
        assert answer.status_code == 403, path
        answer = editor.open(f"/api/data/{path}", method=method, data="{}", content_type="text/plain")  # fmt: skip
        assert answer.status_code == 415, path
    assert editor.delete(f"/api/data/imports/{token}", headers=FAR).status_code == 403
    assert editor.delete(f"/api/data/imports/{token}").status_code == 204
    assert editor.get(f"/api/data/imports/{token}").status_code == 404


def test_too_large_is_refused_and_not_kept(folder: Path, tmp_path: Path) -> None:
    client = client_of(folder, tmp_path / "work", IMPORT_BYTES=2**20)
    answer = send(client, b"x" * (2**20 + 1))
    assert answer.status_code == 413
    assert "1 MB" in answer.json["error"]
    assert list((tmp_path / "work").rglob("content*")) == []
    assert send(client, b"").status_code == 400


@pytest.mark.parametrize("name", ["../../evil.xlsx", "..\\..\\evil.xlsx", "/etc/passwd", "\0", ".", "a" * 199, "<img src=x onerror=alert(1)>.csv"])  # fmt: skip
def test_a_file_lies_in_its_own_folder_whatever_it_is_called(
    folder: Path, tmp_path: Path, name: str
) -> None:
    client = client_of(folder, tmp_path / "work")
    answer = send(client, b"x", name)
    assert answer.status_code == 201
    assert "/" not in answer.json["name"]
    assert "\\" not in answer.json["name"]
    token = answer.json["token"]
    kept = [p for p in (tmp_path / "work").rglob("*") if p.is_file()]
    assert {p.parent.name for p in kept} == {token}
    assert {p.name.partition(".")[0] for p in kept} == {"content", "facts"}


@pytest.mark.parametrize("token", ["..", "%2e%2e%2f", "x", "a" * 22, "../../../../etc/passwd"])
def test_a_token_is_never_a_path(reader: FlaskClient, token: str) -> None:
    for path in ("", "/change.zip", "/remarks.csv"):
        answer = reader.get(f"/api/data/imports/{token}{path}", follow_redirects=True)
        assert answer.status_code == 404


def test_what_is_no_table_or_layer_is_refused_with_a_remedy(editor: FlaskClient) -> None:
    for body, name in ((b"MZ\x90\0" * 50, "a.exe"), (b"not a workbook", "a.xlsx")):
        token = send(editor, body, name).json["token"]
        remarks = previewed(editor, token)["result"]["refused"]
        assert remarks[0]["reason"]["zh"]
        assert remarks[0]["remedy"]["en"]


# ---- previews
def test_a_preview_tells_all_and_writes_nothing(reader: FlaskClient) -> None:
    before = {path: path.read_bytes() for path in TINY.rglob("*") if path.is_file()}
    token = send(reader, workbook()).json["token"]
    state = previewed(reader, token)
    report = state["result"]["report"]
    assert report["target"] == "projects"
    counts = report["counts"]
    assert (counts["taken"], counts["changed"], counts["refused"], counts["waiting"]) == (0, 1, 1, 1)  # fmt: skip
    assert state["result"]["read"]["sheets"] == [["汇总", 3, 3]]
    change = report["tables"]["projects"]["changed"][0]
    assert (change["id"], change["old"], change["new"]) == ("p1", "100", "200")
    assert [q["id"] for q in report["questions"]] == list(ANSWERS)
    assert shlex.split(state["command"])[:5] == [
        "geoplan",
        "import",
        "汇总.xlsx",
        "--as",
        "projects",
    ]
    again = previewed(reader, token, answers=ANSWERS, **{"as": "projects"})
    assert again["result"]["report"]["counts"]["taken"] == 1
    assert "firm:甲一有限公司=jia-yi" in shlex.split(again["command"])
    archive = zipfile.ZipFile(io.BytesIO(reader.get(f"/api/data/imports/{token}/change.zip").data))
    assert "新建<b>工厂</b>" in archive.read("data/projects.csv").decode()
    remarks = reader.get(f"/api/data/imports/{token}/remarks.csv?lang=en").data.decode("utf-8-sig")
    assert any("abc" in row[4] and row[2] == "6" for row in csv.reader(io.StringIO(remarks)))
    assert {p: p.read_bytes() for p in TINY.rglob("*") if p.is_file()} == before


def test_a_column_may_be_left_out_or_read_otherwise(reader: FlaskClient) -> None:
    token = send(reader, workbook()).json["token"]
    order = {"as": "projects", "mapping": {"序号": "", "所在区": "township_zh"}}
    report = previewed(reader, token, **order)["result"]["report"]
    by_title = {one["title"]: one["field"] for one in report["mapping"]}
    assert by_title["序号"] == ""
    assert by_title["所在区"] == "township_zh"
    refused = previewed(reader, token, mapping={"序号": "nothing"})["result"]["refused"]
    assert refused[0]["code"] == "mapping.wrong"


def test_an_encoding_is_shown_with_a_sample(reader: FlaskClient) -> None:
    text = (
        "项目名称,建设单位,产业,总投资(万元),建设年限\n机械臂项目,甲一公司,机器人,200,2021-2022\n"
    )
    token = send(reader, text.encode("gbk"), "a.csv").json["token"]
    read = previewed(reader, token)["result"]["read"]
    assert read["encoding"] == "GB18030"
    assert "项目名称" in read["sample"]


@pytest.mark.parametrize("order", [{"as": 1}, {"answers": []}, {"answers": {"a": 1}}, {"mapping": {"a": "x" * 2000}}, {"as": "x" * 2000}])  # fmt: skip
def test_an_order_is_read_strictly(reader: FlaskClient, order: dict[str, Any]) -> None:
    token = send(reader, workbook()).json["token"]
    assert reader.post(f"/api/data/imports/{token}/preview", json=order).status_code == 400


# ---- writing
def test_a_server_that_only_reads_refuses_to_write(reader: FlaskClient) -> None:
    token = send(reader, workbook(ROWS[:1])).json["token"]
    digest = previewed(reader, token)["result"]["report"]["digest"]
    answer = reader.post(f"/api/data/imports/{token}/write", json={"digest": digest})
    assert answer.status_code == 403
    assert "--edit" in answer.json["error"]
    assert reader.post("/api/data/undo", json={"entry": "x"}).status_code == 403


def test_written_as_shown_and_taken_back(editor: FlaskClient, folder: Path) -> None:
    before = (folder / "data/projects.csv").read_bytes()
    token = send(editor, workbook()).json["token"]
    digest = previewed(editor, token, answers=ANSWERS)["result"]["report"]["digest"]
    done = written(editor, token, digest)["result"]["written"]
    assert "data/projects.csv" in done["files"]
    assert "新建<b>工厂</b>" in (folder / "data/projects.csv").read_text("utf-8")
    kept = folder / ".geoplan/history" / done["entry"] / "before/data/projects.csv"
    assert kept.read_bytes() == before
    page = editor.get("/data/import").text
    assert done["entry"] in page
    assert 'class="undo"' in page
    assert editor.get(f"/api/data/imports/{token}/change.zip").status_code == 404
    assert editor.post("/api/data/undo", json={"entry": "another"}).status_code == 409
    assert editor.post("/api/data/undo", json={"entry": done["entry"]}).status_code == 200
    assert (folder / "data/projects.csv").read_bytes() == before
    assert editor.post("/api/data/undo", json={"entry": done["entry"]}).status_code == 409


def test_waiting_rows_stop_the_writing_unless_left_out(editor: FlaskClient, folder: Path) -> None:
    token = send(editor, workbook()).json["token"]
    digest = previewed(editor, token)["result"]["report"]["digest"]
    assert written(editor, token, digest)["result"]["refused"][0]["code"] == "change.questions"
    previewed(editor, token)
    assert written(editor, token, digest, partial=True)["result"]["written"]["counts"]["changed"] == 1  # fmt: skip


def test_a_preview_of_another_state_is_not_written(editor: FlaskClient, folder: Path) -> None:
    first, second = (send(editor, workbook(ROWS[:1])).json["token"] for _ in range(2))
    digests = [previewed(editor, one)["result"]["report"]["digest"] for one in (first, second)]
    assert editor.post(f"/api/data/imports/{first}/write", json={"digest": "0"}).status_code == 409
    written(editor, first, digests[0])
    content = (folder / "data/projects.csv").read_bytes()
    assert written(editor, second, digests[1])["result"] == {"stale": True}
    assert (folder / "data/projects.csv").read_bytes() == content
    unseen = send(editor, workbook()).json["token"]
    answer = editor.post(f"/api/data/imports/{unseen}/write", json={"digest": digests[0]})
    assert answer.status_code == 409


def test_imports_are_taken_back_to_before_a_chosen_one(editor: FlaskClient, folder: Path) -> None:
    before = (folder / "data/projects.csv").read_bytes()
    names = []
    for amount in (0.02, 0.03):
        row = [*ROWS[0][:4], amount, *ROWS[0][5:]]
        token = send(editor, workbook([row])).json["token"]
        digest = previewed(editor, token)["result"]["report"]["digest"]
        names.append(written(editor, token, digest)["result"]["written"]["entry"])
    first, last = names
    page = editor.get("/data/import").text
    assert f'data-entry="{first}" data-last="{last}"' in page
    assert "撤销此次及其后 1 次" in page
    # Who has not seen the second import does not take it back.
    answer = editor.post("/api/data/undo", json={"entry": first, "last": first})
    assert answer.status_code == 409
    answer = editor.post("/api/data/undo", json={"entry": first, "last": last})
    assert answer.json == {"undone": first}
    assert (folder / "data/projects.csv").read_bytes() == before
    assert 'class="undo"' not in editor.get("/data/import").text


def test_what_was_lost_of_the_history_is_told(editor: FlaskClient, folder: Path) -> None:
    token = send(editor, workbook(ROWS[:1])).json["token"]
    digest = previewed(editor, token)["result"]["report"]["digest"]
    entry = written(editor, token, digest)["result"]["written"]["entry"]
    kept = folder / ".geoplan/history" / entry
    (kept / "before/data/projects.csv").unlink()
    answer = editor.post("/api/data/undo", json={"entry": entry})
    assert answer.status_code == 409
    assert "备份" in answer.json["error"]
    (kept / "manifest.json").write_text("{", "utf-8")
    page = editor.get("/data/import")
    assert page.status_code == 200
    assert entry in page.text.split("最近的导入</h2>")[1].split("</p>")[0]


def test_times_are_those_of_the_clock_on_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    assert when("2026-11-22T18:31:05+00:00") == "2026-11-23 02:31"
    monkeypatch.undo()
    time.tzset()


# ---- bounds
@pytest.fixture
def store(tmp_path: Path) -> UploadStore:
    return UploadStore(tmp_path / "uploads", largest=100, most=3, most_bytes=10_000)


def test_old_uploads_make_room(store: UploadStore) -> None:
    tokens = [store.receive("a.csv", [b"x"]).token for _ in range(5)]
    kept = [token for token in tokens if store.find(token)]
    assert len(kept) <= 3
    assert tokens[-1] in kept
    UploadStore(store.folder, kept_s=-1).clear()
    assert list(store.folder.iterdir()) == []


def test_a_stream_is_cut_where_the_room_ends(store: UploadStore) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 60

    with pytest.raises(TooLargeError):
        store.receive("a.csv", endless())
    assert list(store.folder.iterdir()) == []


def test_the_area_is_closed_to_others(store: UploadStore) -> None:
    upload = store.receive("a.csv", [b"x"])
    assert store.folder.stat().st_mode & 0o077 == 0
    assert upload.folder.stat().st_mode & 0o077 == 0
    assert plain_name("a/..") == "upload"


def test_work_that_takes_too_long_is_stopped_and_told(folder: Path, tmp_path: Path) -> None:
    client = client_of(folder, tmp_path / "work", IMPORT_SECONDS=0)
    token = send(client, workbook()).json["token"]
    state = previewed(client, token)
    assert state["state"] == "timeout"
    assert "0 秒" in state["message"]


def test_work_can_be_stopped(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = UploadStore(tmp_path / "uploads")
    upload = store.receive("a.xlsx", [workbook()])
    order = Order(str(folder), str(upload.folder), "content.xlsx", "a.xlsx")
    jobs = Jobs(at_once=1)
    jobs._rooms.acquire()
    monkeypatch.setattr(data_jobs, "_SAY_S", 0.05)
    jobs.start(upload, order)
    assert upload.state()["state"] == "waiting"
    with pytest.raises(data_jobs.WorkingError):
        jobs.start(upload, order)
    upload.cancel()
    until = time.monotonic() + 10
    while upload.state()["state"] == "waiting" and time.monotonic() < until:
        time.sleep(0.02)
    assert upload.state()["state"] == "cancelled"


def test_too_many_are_asked_to_come_back(folder: Path, tmp_path: Path) -> None:
    store = UploadStore(tmp_path / "uploads")
    jobs = Jobs(at_once=1)
    jobs._rooms.acquire()
    uploads = [store.receive("a.xlsx", [b"x"]) for _ in range(data_jobs.MOST_WAITING + 1)]
    orders = [Order(str(folder), str(u.folder), "content.xlsx", "a.xlsx") for u in uploads]
    try:
        for upload, order in zip(uploads[:-1], orders[:-1], strict=True):
            jobs.start(upload, order)
        with pytest.raises(CrowdedError):
            jobs.start(uploads[-1], orders[-1])
    finally:
        for upload in uploads:
            upload.cancel()


@pytest.mark.parametrize(
    ("silent_s", "progress_s", "is_found", "told"),
    [
        (1, 1, False, "working"),
        (60, 60, False, "lost"),
        (60, 1, False, "working"),
        (60, 60, True, "done"),
        (1, 1, True, "working"),
    ],
)
def test_work_outlives_the_server_that_began_it(
    reader: FlaskClient, silent_s: int, progress_s: int, is_found: bool, told: str
) -> None:
    token = send(reader, workbook()).json["token"]
    folder = next(Path(reader.application.config["WORKSPACE"]).rglob(token))
    data_uploads.Upload(folder).tell(state="working", what="preview")
    data_work.put(folder / data_work.PROGRESS, b'{"stage": "reading", "share": 0.5}')
    if is_found:
        data_work.put(folder / data_work.RESULT, b'{"error": "found"}')
    for name, seconds in (("state.json", silent_s), (data_work.PROGRESS, progress_s)):
        os.utime(folder / name, (time.time() - seconds,) * 2)
    assert reader.get(f"/api/data/imports/{token}").json["state"] == told


def test_work_that_could_not_begin_takes_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = UploadStore(tmp_path / "uploads").receive("a.xlsx", [b"x"])
    order = Order(str(tmp_path), str(upload.folder), "content.xlsx", "a.xlsx")
    jobs = Jobs(at_once=1)
    jobs._rooms.acquire()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(data_uploads, "put", full)
    for _ in range(data_jobs.MOST_WAITING + 1):
        with pytest.raises(OSError, match="No space"):
            jobs.start(upload, order)
    monkeypatch.undo()
    jobs.start(upload, order)
    upload.cancel()


# ---- templates
def test_a_template_for_each_table(reader: FlaskClient) -> None:
    pytest.importorskip("geoplan.exchange.sheets.templates")
    answer = reader.get("/api/data/templates/projects.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames
    assert reader.get("/api/data/templates/nothing.xlsx").status_code == 404


def test_the_page_carries_what_the_script_needs(reader: FlaskClient) -> None:
    text = reader.get("/data/import").text
    given = json.loads(text.split('id="import">')[1].split("</script>")[0])
    fields = {one["name"]: one for one in given["fields"]["projects"]}
    assert fields["investment_wanyuan"]["unit"] == "万元"
    assert fields["years"]["zh"] != "years"
    assert given["write"] is False
