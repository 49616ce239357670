"""The content model: canonical bytes, clean text, and the way back."""

import json
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.rules.papers import (
    Column,
    Paragraph,
    Table,
    canonical_json,
    clean_text,
    content_sha256,
    document_code,
    paper_from_json,
)
from tests.documents.samples import decision


def test_a_paper_survives_its_json() -> None:
    paper = decision()
    assert paper_from_json(canonical_json(paper)) == paper


def test_json_is_canonical() -> None:
    data = canonical_json(decision())
    tree = json.loads(data)
    assert data == json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert unicodedata.is_normalized("NFC", data.decode())


def test_the_normal_form_of_the_input_does_not_change_the_hash() -> None:
    paper = decision()
    assert content_sha256(replace(paper, subject=unicodedata.normalize("NFD", paper.subject))) == content_sha256(paper)
    assert content_sha256(replace(paper, number=8)) != content_sha256(paper)


@given(st.text(max_size=200))
def test_clean_text_is_idempotent_or_refused(text: str) -> None:
    try:
        once = clean_text(text)
    except Invalid as refusal:
        assert refusal.fields["text"].code == "text_direction"
        return
    assert clean_text(once) == once
    assert not any(unicodedata.category(c) == "Cc" and c != "\n" for c in once)


@pytest.mark.parametrize(
    ("text", "code"), [("a\u202eb", "text_direction"), ("a\ud800", "text_direction"), ("a" * 20_001, "text_too_long")]
)
def test_unsafe_text_is_refused_with_its_place(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        canonical_json(replace(decision(), subject=text))
    assert {place: error.code for place, error in refusal.value.fields.items()} == {"paper.subject": code}


def test_a_ragged_table_is_refused() -> None:
    table = Table(columns=(Column(title="STT"), Column(title="Tên")), rows=(("1",),))
    with pytest.raises(Invalid):
        canonical_json(replace(decision(), blocks=(table,)))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"kind":"x"}', b'{"id":1}'])
def test_other_json_is_no_paper(data: bytes) -> None:
    with pytest.raises(Invalid):
        paper_from_json(data)


def test_the_code_joins_number_and_symbol_as_each_system_does() -> None:
    assert [document_code(5, "QĐ-UBND"), document_code(5, "QĐ/ĐTN"), document_code(291, "QĐ-MTTQ-BTT")] == [
        "05/QĐ-UBND",
        "05-QĐ/ĐTN",
        "291/QĐ-MTTQ-BTT",
    ]


def test_control_characters_vanish_and_odd_spaces_become_spaces() -> None:
    assert clean_text("  Chi\tđoàn\x00 số\u00a01\r\nTổ 2 ") == "Chi đoàn số 1\nTổ 2"
    assert canonical_json(replace(decision(), blocks=(Paragraph(text="a\x0bb"),))).find(b"\\u000b") == -1


def test_a_field_with_its_default_is_left_out_so_that_old_hashes_stay() -> None:
    tree = json.loads(canonical_json(decision()))
    assert {"overrides", "addressees", "revision", "sealed"} & set(tree) == set()
    assert json.loads(canonical_json(replace(decision(), sealed=False)))["sealed"] is False
