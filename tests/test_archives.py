"""What is in an archive is known before anything is unpacked."""

import stat
import zipfile
from pathlib import Path

import pytest
from making import archive

from geoplan.exchange.asking.remarks import RefusedFileError
from geoplan.exchange.files import archives
from geoplan.exchange.files.archives import judge_size, opened_archive


def refusal(path: Path) -> str:
    with pytest.raises(RefusedFileError) as caught, opened_archive(path, path.name):
        pass
    return caught.value.remarks[0].code


def test_a_harmless_archive_gives_its_members(tmp_path: Path) -> None:
    path = archive(
        tmp_path / "a.zip", {"甲/乙.txt": "内容", "__MACOSX/._a": "x", "b/.DS_Store": "x"}
    )
    with opened_archive(path, "a.zip") as found:
        assert list(found.members) == ["甲/乙.txt"]
        assert found.read("甲/乙.txt").decode() == "内容"


def test_names_in_gbk_are_read_as_such(tmp_path: Path) -> None:
    path = tmp_path / "gbk.zip"
    with zipfile.ZipFile(path, "w") as made:
        info = zipfile.ZipInfo("x")
        info.filename = "区县.shp".encode("gbk").decode("cp437")
        made.writestr(info, b"1")
    raw = path.read_bytes()
    # The library marks such a name as UTF-8; Chinese Windows does not, and writes GBK.
    name = "区县.shp".encode("gbk")
    utf8 = name.decode("cp437").encode()
    raw = raw.replace(utf8, name.ljust(len(utf8), b"_"))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        at = raw.index(mark) + (6 if mark[2] == 3 else 8)
        raw = raw[:at] + b"\0\0" + raw[at + 2 :]
    path.write_bytes(raw)
    with opened_archive(path, "gbk.zip") as found:
        assert next(iter(found.members)).startswith("区县.shp")


@pytest.mark.parametrize(
    "name", ["../out.txt", "a/../../out.txt", "/etc/x", "C:/x", "..\\out.txt", "a\\..\\..\\x"]
)
def test_paths_that_leave_the_archive_are_refused(tmp_path: Path, name: str) -> None:
    assert refusal(archive(tmp_path / "a.zip", {name: "x"})) == "zip.path"


def test_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        info = zipfile.ZipInfo("link.shp")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(info, "/etc/passwd")
    assert refusal(path) == "zip.link"


@pytest.mark.parametrize("name", ["b.zip", "a/b.KMZ", "c.xlsx", "d.tar.gz"])
def test_archives_inside_are_refused(tmp_path: Path, name: str) -> None:
    assert refusal(archive(tmp_path / "a.zip", {name: "x"})) == "zip.nested"


def test_bombs_are_refused_without_unpacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refusal(archive(tmp_path / "a.zip", {"a.shp": b"\0" * 20_000_000})) == "zip.ratio"
    many = archive(tmp_path / "b.zip", {f"{i}.txt": "x" for i in range(2_001)})
    assert refusal(many) == "zip.count"
    monkeypatch.setattr(archives, "_MOST_TOTAL_BYTES", 100)
    assert refusal(archive(tmp_path / "c.zip", {"a.txt": "x" * 101})) == "zip.total"


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.txt", "1")
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("a.txt", "2")
    assert refusal(path) == "zip.twice"


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    content = archive(tmp_path / "a.zip", {"a.txt": "x" * 1_000, "b.txt": "y" * 1_000}).read_bytes()
    at = content.index(b"PK\x01\x02")
    size = int.from_bytes(content[at + 20 : at + 24], "little")
    bigger = content[: at + 20] + (size + 10_000).to_bytes(4, "little") + content[at + 24 :]
    (tmp_path / "b.zip").write_bytes(bigger)
    assert refusal(tmp_path / "b.zip") == "file.damaged"


def test_damage_is_told_where_it_is_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"a.txt": "text " * 1_000})
    raw = bytearray(path.read_bytes())
    raw[45] ^= 0xFF
    path.write_bytes(bytes(raw))
    with opened_archive(path, "a.zip") as found, pytest.raises(RefusedFileError) as caught:
        found.read("a.txt")
    assert caught.value.remarks[0].code == "file.damaged"
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 no archive")
    assert refusal(tmp_path / "b.zip") == "file.damaged"


def test_a_password_is_told(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"a.txt": "x"})
    raw = path.read_bytes()
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.index(mark) + offset
        raw = raw[:at] + b"\x01\x00" + raw[at + 2 :]
    path.write_bytes(raw)
    assert refusal(path) == "zip.encrypted"


def test_missing_empty_and_huge_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def code(path: Path) -> str:
        with pytest.raises(RefusedFileError) as caught:
            judge_size(path, path.name)
        return caught.value.remarks[0].code

    (tmp_path / "empty").touch()
    (tmp_path / "huge").write_bytes(b"x" * 11)
    monkeypatch.setattr(archives, "MOST_FILE_BYTES", 10)
    assert [code(tmp_path / n) for n in ("none", "empty", "huge")] == [
        "file.missing", "file.empty", "file.large",
    ]  # fmt: skip


def test_a_refusal_names_file_reason_and_remedy_in_both_languages(tmp_path: Path) -> None:
    with pytest.raises(RefusedFileError) as caught:
        judge_size(tmp_path / "表.xlsx", "表.xlsx")
    assert str(caught.value) == "表.xlsx: There is no such file. Check the path."
    assert caught.value.message("zh") == "表.xlsx：没有这个文件。请核对路径。"
