"""What was said of programmes and asked of units: kept once, changed only by who saw it, found by who is waited for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.errors import StaleVersion
from engine.ports.store import NEW
from engine.rules.opinions import View
from engine.rules.programme import Bond, MilestoneState, Part
from engine.store import Database
from tests.store.samples import (
    NOW,
    TODAY,
    a_mark,
    a_money_year,
    a_question,
    lay_ground,
    no_jobs,
    the_runtime,
    the_words,
)


def test_marks_money_and_units_are_kept(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        mark = uow.programmes.put_mark(a_mark(decision_id=ground.decision.id))
        dropped = uow.programmes.put_mark(replace(mark, state=MilestoneState.DROPPED, decision_id=None))
        assert (uow.programmes.marks(), uow.programmes.mark("mau", "moc")) == ([dropped], dropped)
        assert uow.programmes.mark("mau", "khac") is None
        with pytest.raises(StaleVersion):
            uow.programmes.put_mark(mark)
        later = uow.programmes.put_money(a_money_year(year=2027, planned=None))
        first = uow.programmes.put_money(a_money_year())
        assert uow.programmes.money() == [first, later]
        assert uow.programmes.money_year("mau", "tong", 2026) == first
        for parts in ((Part.LEAD, Part.COORDINATING), (Part.COORDINATING,)):
            units = (ground.city.id, ground.branch.id)
            wanted = [Bond(id=NEW, model="", unit_id=u, part=p) for u, p in zip(units, parts, strict=False)]
            uow.programmes.set_bonds("mau", wanted)
            kept = [(b.model, b.unit_id, b.part) for b in uow.programmes.bonds()]
            assert kept == [("mau", bond.unit_id, bond.part) for bond in wanted]


def test_a_question_waits_for_those_who_have_not_answered(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        city, branch = ground.city.id, ground.branch.id
        late = uow.opinions.ask(a_question(unit_id=city, last_day=TODAY + timedelta(days=9)), [city, branch])
        soon = uow.opinions.ask(a_question(unit_id=city), [branch])
        assert [request for request, _ in uow.opinions.waiting([branch])] == [soon, late]
        opinion = uow.opinions.answer_of(soon.id, branch)
        assert opinion is not None
        given = uow.opinions.save_answer(replace(opinion, view=View.AGREE, answered_at=NOW, by_name="Lan"))
        assert uow.opinions.answers([soon.id]) == [given]
        assert [request for request, _ in uow.opinions.waiting([branch])] == [late]
        closed = uow.opinions.save(replace(late, closed_at=NOW))
        assert (uow.opinions.waiting([city, branch]), uow.opinions.get(late.id)) == ([], closed)
        assert uow.opinions.of_model("mau") == [soon, closed]
        assert uow.opinions.answer_of(soon.id, city) is None
