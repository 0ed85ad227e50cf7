"""The encoding of a text is told from what it then says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.exchange.files.encodings import Encoding, best_of, encoding_of

TEXT = "项目名称,总投资（万元）\n机器人智能制造装备,30000\n"
_COMMON = "的一是了我不人在他有这上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gbk", "GB18030"), ("gb18030", "GB18030"),
     ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"), ("utf-32", "UTF-32")],
)  # fmt: skip
def test_chinese_tables_are_read_in_their_encoding(encoding: str, name: str) -> None:
    raw = TEXT.encode(encoding)
    found = encoding_of(raw)
    assert found is not None
    assert found.name == name
    assert raw.decode(found.python).removeprefix("\ufeff") == TEXT


def test_traditional_chinese_is_not_taken_for_gbk() -> None:
    found = encoding_of("項目名稱 總投資 機器人產業 開發區 臺灣".encode("big5"))
    assert found is not None
    assert found.name == "Big5"


@pytest.mark.parametrize(
    "raw",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        bytes(range(256)) * 4,
        b"\xff\xfe\x00",
        "caf\xe9 na\xefve".encode("latin-1"),
    ],
)
def test_binary_and_western_bytes_are_no_chinese(raw: bytes) -> None:
    assert encoding_of(raw) is None


@pytest.mark.parametrize("text", ["联通", "一一一一", "名称,一\n1,一"])
def test_gbk_that_happens_to_be_valid_utf8_is_gbk(text: str) -> None:
    found = encoding_of(text.encode("gbk"))
    assert found is not None
    assert text.encode("gbk").decode(found.python) == text


def test_western_letters_in_utf8_stay_utf8() -> None:
    assert encoding_of("name,città\n1,Zürich".encode()) == Encoding("utf-8", True)


def test_plain_ascii_is_certain() -> None:
    assert encoding_of(b"id,name\n1,a\n") == Encoding("utf-8", True)


def test_texts_cut_within_a_character_still_tell() -> None:
    cut = ["机器人智能制造".encode("gbk")[:9], "萧山经济技术开发区".encode("gbk")[:7]]
    assert best_of(cut) == Encoding("gb18030", False)
    cut = ["机器人智能制造".encode()[:10], "萧山经济技术开发区".encode()[:8]]
    found = best_of(cut)
    assert found is not None
    assert found.name == "UTF-8"


@given(st.text(alphabet=_COMMON, min_size=4, max_size=60))
def test_everyday_chinese_is_recognised_in_gbk_and_utf8(text: str) -> None:
    for encoding, name in (("gbk", "GB18030"), ("utf-8", "UTF-8")):
        found = encoding_of(text.encode(encoding))
        assert found is not None
        assert found.name == name
