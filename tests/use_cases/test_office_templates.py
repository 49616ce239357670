"""An office's own template, from the first draft that takes it to the number that its decision gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.errors import BadTemplate, Invalid, NotPermitted, WrongState
from engine.rules.decisions import Decision
from engine.rules.office_templates import Content, OfficeTemplate, in_force
from engine.rules.papers import Article
from engine.use_cases import decisions, office_previews, office_templates
from engine.use_cases.office_previews import Samples
from tests.factories import Town, a_basis, the_model
from tests.use_cases import living

DECISION, CERTIFICATE = "quyet-dinh-cong-nhan", "giay-chung-nhan"
OWN: Content = {
    "document": {
        "organisation": ["Ban Thường vụ", "{unit_name}"],
        "first_grounds": ["Căn cứ Điều lệ Đoàn", "Căn cứ Quy chế làm việc của {unit_name}"],
        "bases": ["huong-dan-mo-hinh-11"],
        "grounds": ["Xét đề nghị của Văn phòng"],
        "articles": [
            'Công nhận {{ ds_branches|liet_ke("unit") }} (Phụ lục I, Phụ lục II kèm theo).',
            "{% if ds_branches|dem > 9 %}Giao Văn phòng tổ chức lễ trao.{% endif %}",
            "Quyết định này có hiệu lực kể từ ngày ký.",
        ],
        "place": "Lê Chân",
    },
    "signature": [{"capacity": "KT", "in_stead_of": "Bí thư", "position": "Phó Bí thư"}],
    "overrides": {"head.mark": "-----"},
}


def publish(
    town: Town, content: Content, day: str = "2027-11-10", by: str = "secretary", document: str = DECISION
) -> OfficeTemplate:
    with town.open() as uow:
        actor = town._actor(uow, "P1", by)
        unit = uow.units.find_code("P1")
        assert unit is not None
        office = office_templates.office(uow, unit.id, the_model().key, document, actor=actor)
        return office_templates.publish(
            uow, office, content, date.fromisoformat(day), "Theo quy chế", actor=actor, now=town.now
        )


def drafted(town: Town, until: str = "2027-11-18") -> Decision:
    living.met(town)
    town.at(until).does("P1", "decide", group="others")
    return [d for d in town.decisions("P1", "others") if d.document == DECISION][-1]


def test_a_draft_takes_the_version_of_its_day_and_keeps_it(appraised: Town) -> None:
    town = appraised
    first = publish(town, OWN)
    publish(town, {**OWN, "document": {"subject": "Chưa tới"}}, "2027-12-01")
    decision = drafted(town)
    paper = decisions.stored_paper(decision)
    unit = town.unit("P1").name
    assert decision.content["template"] == first.id
    assert (paper.organisation, paper.place, paper.overrides) == (
        ("Ban Thường vụ", unit),
        "Lê Chân",
        (("head.mark", "-----"),),
    )
    assert [b.paragraphs[0] for b in paper.blocks if isinstance(b, Article)] == [
        "Công nhận Chi đoàn Tổ dân phố số 1 và Chi đoàn Công ty Cơ khí (Phụ lục I, Phụ lục II kèm theo).",
        "Quyết định này có hiệu lực kể từ ngày ký.",
    ]
    assert [b.number for b in paper.blocks if isinstance(b, Article)] == [1, 2]
    assert (paper.signatures[0].capacity, paper.signatures[0].position) == ("KT", "Phó Bí thư")
    # What the pack says beside it stays: recipients, annexes, kind.
    assert (paper.recipients[-1], len(paper.annexes), decision.type_code) == ("Lưu: VP", 2, "QĐ")
    # A later version changes nothing of it, and its bases are those of the version it was drafted with.
    publish(town, {}, "2027-11-18")
    with town.open() as uow:
        uow.decisions.put_basis(replace(a_basis("huong-dan-mo-hinh-11"), number="99-HD/TĐTN"))
    town.does("P1", "sign", group="others")
    issued = next(d for d in town.decisions("P1", "others") if d.id == decision.id)
    signed = decisions.stored_paper(issued)
    assert signed.bases[:2] == ("Căn cứ Điều lệ Đoàn", f"Căn cứ Quy chế làm việc của {unit}")
    assert "99-HD/TĐTN" in signed.bases[2]
    assert signed.bases[3:] == ("Xét đề nghị của Văn phòng",)
    assert (signed.organisation, issued.symbol) == (paper.organisation, "02-QĐ/ĐTN")


def test_without_a_version_in_force_the_pack_speaks(appraised: Town) -> None:
    town = appraised
    publish(town, OWN)
    publish(town, {}, "2027-11-12")
    decision = drafted(town)
    assert "template" not in decision.content
    assert decisions.stored_paper(decision).organisation == ("Ban Chấp hành", town.unit("P1").name)


def test_a_version_that_was_used_stays_for_ever(appraised: Town) -> None:
    town = appraised
    used = publish(town, OWN)
    unused = publish(town, {"document": {"subject": "Chưa dùng"}}, "2027-12-01")
    drafted(town)
    with town.open() as uow:
        actor = town._actor(uow, "P1", "secretary")
        office = office_templates.office(uow, used.unit_id, used.model, DECISION, actor=actor)
        with pytest.raises(WrongState, match="template_used"):
            office_templates.withdraw(uow, office, used.number, actor=actor, now=town.now)
        office_templates.withdraw(uow, office, unused.number, actor=actor, now=town.now)
        with pytest.raises(WrongState, match="template_used"):
            office_templates.withdraw(uow, office, unused.number, actor=actor, now=town.now)
        kept = uow.office_templates.of_document(used.unit_id, used.model, DECISION)
    assert [(v.number, v.is_used(), v.withdrawn_at is not None) for v in kept] == [(2, False, True), (1, True, False)]
    assert in_force(kept, date(2028, 1, 1)) == kept[1]


def test_who_may_not_and_what_is_refused(town: Town) -> None:
    with pytest.raises(NotPermitted):
        publish(town, OWN, by="officer")
    wrong: Content = {
        "document": {
            "subject": "{khong_co}",
            "first_grounds": ["{% if count %}Căn cứ{% endif %}"],
            "bases": ["khong-co"],
            "symbol": "{unit_name}",
        },
        "annex": [{"columns": []}, {"columns": [{"key": "points", "label": "x", "width": 500, "align": "up"}]}],
    }
    with pytest.raises(Invalid) as refused:
        publish(town, wrong, "2026-08-19")
    assert {name: error.code for name, error in refused.value.fields.items()} == {
        "document.subject": "template_text",
        "document.first_grounds.0": "template_plain",
        "document.bases.0": "choice",
        "document.symbol": "template_text",
        "annex.0.columns": "template_no_columns",
        "annex.1.columns.0.key": "choice",
        "annex.1.columns.0.width": "template_width",
        "annex.1.columns.0.align": "choice",
        "from_day": "day_passed",
    }
    with pytest.raises(WrongState, match="template_unchanged"):
        publish(town, {"document": {"title": "KHÔNG ĐƯỢC ĐỔI"}}, "2026-08-20")


def test_a_version_that_no_longer_fits_its_model_stops_the_draft_with_its_reason(appraised: Town) -> None:
    town = appraised
    made = publish(town, OWN)
    # As if a newer version of the model had lost the place that the office names.
    with town.open() as uow:
        uow.office_templates.add(
            replace(made, id=0, number=2, content={"document": {"subject": "Về việc {diem_cong}"}})
        )
    living.met(town)
    town.at("2027-11-18")
    with pytest.raises(BadTemplate, match="diem_cong"):
        town.does("P1", "decide", group="others")


@pytest.mark.parametrize("document", sorted(the_model().documents))
def test_every_document_of_every_office_has_its_example(town: Town, document: str) -> None:
    """Also those of tasks, whose words come from a form."""
    with town.look() as uow:
        unit = uow.units.find_code("P1")
        assert unit is not None
        actor = town._actor(uow, "P1", "secretary")
        office = office_templates.office(uow, unit.id, the_model().key, document, actor=actor)
        paper = office_previews.preview(uow, office, {}, Samples(), now=town.now)
        assert office_templates.faults(uow, office, office.pack.raw) == {}
        assert set(office_previews.example_words(uow, office, Samples(), town.now.date())) == set(office.named.places)
    assert (paper.preview, paper.number, paper.kind.value) == (True, None, office.pack.text("kind"))
    assert (len(paper.blocks) > 0, [len(a.blocks[0].rows) for a in paper.annexes]) == (  # type: ignore[union-attr]  # tables
        True,
        [3] * len(office.pack.annexes()),
    )


def test_versions_that_the_deployed_model_no_longer_knows_are_found(appraised: Town) -> None:
    town = appraised
    made = publish(town, OWN)
    columns = [{"key": "unit", "label": "Chi đoàn", "width": 10, "align": "left"}, {"key": "x", "label": "Xếp loại", "width": 5, "align": "left"}]  # fmt: skip
    odd: Content = {
        "document": {"subject": "Về việc {diem_cong}", "bases": ["khong-co"], "place": "Lê Chân"},
        "annex": [{"columns": columns}, {}, {}],
        "signature": [{"position": "Bí thư {ten}"}],
    }
    with town.open() as uow:
        later = replace(made, id=0, number=2, content=odd, from_day=date(2028, 1, 1))
        elsewhere = replace(made, id=0, number=1, document="khong-con", from_day=date(2027, 1, 1))
        over = replace(made, id=0, number=3, content={}, from_day=date(2029, 1, 1))
        for version in (later, elsewhere, over):
            uow.office_templates.add(version)
        unit, actor = uow.units.get(made.unit_id), town._actor(uow, "P1", "secretary")
        office = office_templates.office(uow, unit.id, made.model, DECISION, actor=actor)
        found = {v.number: office_templates.misfits(uow, office, v) for v in office.versions}
        assert [v.number for v in office_templates.counting(office.versions, town.now.date())] == [1, 2]
        assert office_templates.lost_documents(uow, unit, town.now.date()) == [(made.model, "khong-con")]
    assert (found[1], found[3]) == ([], [])
    assert {(fault.code, str(next(iter(fault.facts.values()))).partition(",")[0]) for fault in found[2]} == {
        ("template_text", "chỗ điền {diem_cong} không có trong văn bản này"),
        ("template_text", "chỗ điền {ten} không có trong văn bản này"),
        ("template_lost_basis", "khong-co"),
        ("template_lost_column", "Xếp loại"),
        ("template_lost_annex", "2"),
    }
