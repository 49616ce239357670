"""How does the small city live its year? The stretches that lie before what a test is about."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from engine.ports.store import UnitOfWork
from engine.rules.scoring import applicable
from tests.factories import YEAR, Town, the_model

SCHOOL = "P1-3"
OTHERS = ("P1-1", "P1-2", "P1-4", "P2-1")
#: Share of all points that each branch is appraised with.
SHARES: Mapping[str, str] = {"P1-1": "0.96", "P1-2": "0.84", "P1-4": "0.40", "P2-1": "0.75", "P1-3": "0.90"}
MEMBERS = ("Trần Thị Bình", "Lê Minh Đức", "Phạm Hà An")


def scores(share: str, **points: object) -> list[dict[str, object]]:
    """A full table of points at that share of each maximum; `points` by criterion key with `_` for `.`."""
    own = {key.removeprefix("c").replace("_", "."): value for key, value in points.items()}
    criteria = the_model().criteria_for(YEAR)
    assert criteria is not None
    return [
        {"key": c.key, "points": own.get(c.key, c.max_points * Decimal(share)), "reason": "Có minh chứng."}
        for c in applicable(criteria, None)
    ]


def members(**results: str) -> list[dict[str, object]]:
    """The member list, everybody with the same further columns."""
    return [{"full_name": name, "birth_year": 2000 + n, **results} for n, name in enumerate(MEMBERS)]


def register(town: Town, code: str) -> None:
    """Register a branch and accept it."""
    town.does(code, "register", members=members())
    town.does(code, "review")


def propose(town: Town, code: str) -> None:
    """Propose a branch, all but its last member, and appraise it with its share."""
    own = members(self_result="proposed")
    town.does(code, "request", scores=scores("0.98"), members=own, bao_cao="Hoàn thành")
    appraised = [{**row, "result": "recognised" if n < 2 else "not_met"} for n, row in enumerate(own)]
    town.does(code, "assess", scores=scores(SHARES[code]), members=appraised)


def vote(code: str, result: str = "met", *, votes: tuple[int, int] = (9, 0), **more: object) -> dict[str, object]:
    """One row of the meeting's table."""
    return {"code": code, "votes_for": votes[0], "votes_against": votes[1], "result": result, **more}


def meeting(*rows: Mapping[str, object], present: int = 9, invited: int = 11) -> dict[str, object]:
    """The answers of a review meeting."""
    return {"present": present, "invited": invited, "rows": list(rows)}


def registered(town: Town) -> None:
    """All branches are registered in time and accepted."""
    register(town.at("2026-09-10"), SCHOOL)
    for code in OTHERS:
        register(town.at("2026-11-05"), code)


def school_recognised(town: Town) -> None:
    """The school branch has been recognised on 14/5/2027."""
    propose(town.at("2027-04-20"), SCHOOL)
    town.at("2027-05-10").does("P1", "meet", group="school", **meeting(vote(SCHOOL)))
    town.at("2027-05-14").does("P1", "decide", group="school")
    town.does("P1", "sign", group="school")


def appraised(town: Town) -> None:
    """It is the day of the meeting of the others, all appraised."""
    for code in OTHERS:
        propose(town.at("2027-11-05"), code)
    town.at("2027-11-10")


def met(town: Town) -> None:
    """P1's meeting has found P1-1 and P1-2 good, P1-4 not; the time for appeals goes on."""
    rows = (vote("P1-1"), vote("P1-2"), vote("P1-4", "not_met", votes=(2, 7), reason="Chưa đủ điểm."))
    town.does("P1", "meet", group="others", **meeting(*rows))


def complete_bases(uow: UnitOfWork) -> None:
    """Every legal basis has its number and date again."""
    from tests.factories import a_basis

    for basis in uow.decisions.bases():
        uow.decisions.put_basis(a_basis(basis.key))
