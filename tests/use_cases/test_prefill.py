"""What does a form start from? What was handed in before, the draft, and what the system knows better."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import NotPermitted, StaleVersion, WrongState
from engine.rules.dossiers import WorkItem
from engine.use_cases import prefill, tasks
from tests.factories import YEAR, Town
from tests.use_cases import living


def starts_from(town: Town, item: WorkItem) -> dict[str, object]:
    with town.look() as uow:
        return prefill.start_answers(uow, uow.work.get(item.id), now=town.now)


def drafts(town: Town, item: WorkItem, by: tuple[str, str], **answers: object) -> WorkItem:
    actor = town.actor(*by)
    with town.open() as uow:
        return tasks.save_draft(uow, item.id, answers, row_version=item.row_version, actor=actor, now=town.now)


def test_a_first_registration_starts_empty_and_from_its_draft(any_town: Town) -> None:
    town = any_town  # a form is shown in a transaction that only reads: PostgreSQL refuses every lock there
    town.at("2026-11-05")
    item = town.work("P1-1", "register")
    assert starts_from(town, item) == {}
    answers = {"noi_dung": "Học Bác", "chon": ["a", "b"], "members": [{"full_name": "Lê Đức"}]}
    saved = drafts(town, item, ("P1-1", "secretary"), **answers)
    assert starts_from(town, saved) == answers
    assert town.history("P1-1") == []  # a draft is no history of the dossier


def test_a_returned_registration_starts_from_what_was_handed_in_and_what_was_changed_since(town: Town) -> None:
    first = {"noi_dung": "Học Bác", "chon": ["a", "b"], "members": [{"full_name": "Lê Đức"}, {"full_name": "An"}]}
    town.at("2026-11-05").does("P1-1", "register", **first)
    town.does("P1-1", "review", outcome="return", reason="Thiếu.")
    item = town.work("P1-1", "register")
    assert starts_from(town, item) == first
    saved = drafts(town, item, ("P1-1", "secretary"), chon=[], members=[{"full_name": "An"}])
    assert starts_from(town, saved) == {"noi_dung": "Học Bác", "chon": [], "members": [{"full_name": "An"}]}


def test_a_proposal_starts_from_the_registered_members_and_the_criteria(registered: Town) -> None:
    town = registered.at("2027-10-02")
    start = starts_from(town, town.work("P1-1", "request"))
    assert start["members"] == living.members(self_result="proposed")
    scores = start["scores"]
    assert isinstance(scores, list)
    assert [(row["key"], row["max_points"]) for row in scores[:2]] == [("1.1", Decimal(10)), ("1.2", Decimal(8))]
    assert "points" not in scores[0]


def test_a_changed_point_stands_above_the_one_handed_in_before(registered: Town) -> None:
    town = registered.at("2027-10-02")
    town.does("P1-1", "request", scores=living.scores("0.5"), bao_cao="Bản đầu", members=living.members())
    town.does("P1-1", "assess", outcome="return", reason="Thiếu.")
    item = town.work("P1-1", "request")
    before = starts_from(town, item)
    assert (before["bao_cao"], points(before)["1.1"]) == ("Bản đầu", Decimal("5.0"))
    saved = drafts(town, item, ("P1-1", "secretary"), scores=[{"key": "1.1", "points": 9, "max_points": 99}])
    after = starts_from(town, saved)
    assert (points(after)["1.1"], points(after)["1.2"]) == (9, None)
    assert after["scores"][0]["max_points"] == Decimal(10)  # type: ignore[index]  # what is known cannot be drafted away


def points(answers: dict[str, object]) -> dict[str, object]:
    rows = answers["scores"]
    assert isinstance(rows, list)
    return {row["key"]: row.get("points") for row in rows}


def test_an_appraisal_shows_the_branchs_own_points(registered: Town) -> None:
    town = registered.at("2027-10-02")
    own = living.members(self_result="proposed")
    own[2] = {**own[2], "self_result": "not_proposed"}
    town.does("P1-1", "request", scores=living.scores("0.5"), members=own)
    start = starts_from(town, town.work("P1-1", "assess"))
    assert [(row["self_points"], row["self_reason"]) for row in start["scores"]][:1] == [  # type: ignore[attr-defined]
        (Decimal("5.0"), "Có minh chứng.")
    ]
    assert [row["result"] for row in start["members"]] == ["recognised", "recognised", "not_met"]  # type: ignore[attr-defined]


def test_a_report_that_was_returned_keeps_its_words_and_renews_its_rows(registered: Town) -> None:
    town = registered.at("2026-11-12")
    town.does("P1", "report", danh_gia="Tốt", rows=[{"code": "P1-1", "state": "draft", "ghi_chu": "muộn"}])
    town.does("P1", "acknowledge", outcome="return", reason="Thiếu.")
    start = starts_from(town, town.work("P1", "report"))
    assert start["danh_gia"] == "Tốt"
    first = start["rows"][0]  # type: ignore[index]
    assert (first["code"], first["state"], first["ghi_chu"]) == ("P1-1", "accepted", "muộn")


def test_the_next_year_may_start_from_the_last_one(registered: Town) -> None:
    registered.at("2027-08-20").opens(year=YEAR + 1)
    first, second = registered.dossiers("P1-1")
    with registered.look() as uow:
        assert prefill.last_answers(uow, first, "register") == {}
        assert prefill.last_answers(uow, second, "register") == {"members": living.members()}
        assert prefill.last_answers(uow, second, "request") == {}


def test_only_whose_work_it_is_drafts_it_and_only_while_it_is_open(town: Town) -> None:
    town.at("2026-11-05")
    item = town.work("P1-1", "register")
    with pytest.raises(NotPermitted):
        drafts(town, item, ("P1", "officer"), noi_dung="x")
    drafts(town, item, ("P1-1", "secretary"), noi_dung="x")
    with pytest.raises(StaleVersion):
        drafts(town, item, ("P1-1", "secretary"), noi_dung="y")
    town.does("P1-1", "register")
    with pytest.raises(WrongState):
        drafts(town, item, ("P1-1", "secretary"), noi_dung="z")
