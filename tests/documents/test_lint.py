"""What keeps to its profile draws no remark; each slip draws its own."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from documents.lint import remarks_on
from engine.rules.papers import Capacity, Kind, Paper, Signature
from tests.documents.kinds import ALL
from tests.documents.samples import administrative, decision, letter


@pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)
def test_the_samples_keep_to_their_profiles(make: Callable[[], Paper]) -> None:
    assert remarks_on(make()) == ()


BASE = decision(2)
SIGNED = BASE.signatures[0]


@pytest.mark.parametrize(
    ("paper", "found"),
    [
        (replace(BASE, symbol="QĐ-ĐTN"), [("symbol", False)]),
        (replace(administrative(), symbol="QĐ/UBND"), [("symbol", False)]),
        (replace(BASE, symbol="TB/ĐTN"), [("symbol", False)]),
        (replace(BASE, symbol=""), [("symbol", False)]),
        (replace(BASE, date=None), [("date", False)]),
        (replace(BASE, organisation=()), [("organisation", False)]),
        (replace(BASE, title=""), [("title", False)]),
        (replace(letter(), title="Công văn"), [("title", False)]),
        (replace(BASE, subject=""), [("subject", False)]),
        (replace(BASE, subject="x" * 501), [("subject", False)]),
        (replace(BASE, bases=()), [("bases", False)]),
        (replace(BASE, bases=("Căn cứ Quyết định số      /QĐ-UBND ngày     tháng 5 năm 2025",)), [("bases.0", False)]),
        (replace(BASE, bases=("Căn cứ Đề án số …;",)), [("bases.0", False), ("bases.0", True)]),
        (replace(BASE, bases=("Luật số 06/2022/QH15",)), [("bases.0", True)]),
        (replace(BASE, blocks=BASE.blocks[1:]), [("blocks", False), ("annexes", True)]),
        (replace(BASE, blocks=()), [("blocks", False), ("blocks", False), ("annexes", True)]),
        (replace(BASE, recipients=("Như Điều 3",)), [("recipients", True)]),
        (replace(BASE, recipients=()), [("recipients", False)]),
        (replace(BASE, signatures=()), [("signatures", False)]),
        (replace(BASE, signatures=(replace(SIGNED, name="TS. Trần Minh Đức"),)), [("signatures.0", False)]),
        (replace(BASE, signatures=(replace(SIGNED, in_stead_of=""),)), [("signatures.0", False)]),
        (replace(BASE, signatures=(replace(SIGNED, in_stead_of="Bí thư"),)), [("signatures.0", False)]),
        (replace(BASE, signatures=(replace(SIGNED, capacity=Capacity.OWN),)), [("signatures.0", False)]),
        (replace(BASE, signatures=(replace(SIGNED, name="A" * 51),)), [("signatures.0", False)]),
    ],
)
def test_each_slip_is_named_at_its_place(paper: Paper, found: list[tuple[str, bool]]) -> None:
    assert [(r.field, r.warning) for r in remarks_on(paper)] == found


def test_party_papers_do_not_sign_for_a_collective_as_deputies() -> None:
    deputy = Signature(name="Lê An", position="Phó Bí thư", capacity=Capacity.DEPUTY, in_stead_of="Ban Thường vụ")
    paper = replace(BASE, profile="party", symbol="QĐ/TU", signatures=(deputy,), kind=Kind.DECISION)
    assert [r.text for r in remarks_on(paper)] == ["Văn bản của Đảng không ký thay (K/T) tập thể."]
