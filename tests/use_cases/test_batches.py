"""Many documents are signed in one go: each by itself, and again after a crash."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from engine.errors import Invalid
from engine.rules.batches import BatchItem, BatchState
from engine.rules.decisions import DecisionState
from engine.rules.dossiers import WorkItem
from engine.use_cases import batches
from tests.factories import Town
from tests.use_cases.test_recognition import confirmed


def to_sign(town: Town) -> list[WorkItem]:
    """The open tasks of signing at the base union."""
    return [item for item in town.open_work("P1") if item.act == "sign"]


def begun(town: Town, ticked: Sequence[tuple[int, int]]) -> int:
    with town.open() as uow:
        return batches.begin(uow, ticked, actor=town.actor("P1", "secretary"), now=town.now).id


def items(town: Town, batch: int) -> list[BatchItem]:
    found: list[BatchItem] = town.ask(lambda uow: uow.batches.items(batch))
    return found


def test_what_is_confirmed_is_signed_and_the_rest_is_refused_with_its_reason(appraised: Town) -> None:
    town = confirmed(appraised)
    (task,) = to_sign(town)
    other = next(item for code in ("P1-1", "P1-2", "P1") for item in town.open_work(code) if item.act != "sign")
    batch = begun(town, [(other.id, other.row_version), (999, 1), (task.id, task.row_version)])
    town.work_off()
    decision = next(d for d in town.decisions("P1", "others") if d.number)
    assert [(i.work_item_id, i.state, i.code, i.decision_id) for i in items(town, batch)] == [
        (other.id, BatchState.REFUSED, "not_in_bulk", None),
        (task.id, BatchState.SIGNED, "", decision.id),
    ]
    assert (decision.state, decision.signer_name) == (DecisionState.ISSUED, "Nguyễn Văn P1 secretary")


def test_a_batch_that_was_broken_off_goes_on_where_it_stopped(appraised: Town) -> None:
    town = confirmed(appraised)
    (task,) = to_sign(town)
    batch = begun(town, [(task.id, task.row_version)])
    town.queue.waiting.clear()  # the worker was killed before it came to it
    for _ in range(2):  # and once more after it was done
        town.queue.waiting.append(("batch", {"batch_id": batch}))
        town.work_off()
    assert [item.state for item in items(town, batch)] == [BatchState.SIGNED]
    assert [d.state for d in town.decisions("P1", "others") if d.type_code == "QĐ"] == [DecisionState.ISSUED]


def test_what_somebody_else_changed_since_is_refused(appraised: Town) -> None:
    town = confirmed(appraised)
    (task,) = to_sign(town)
    batch = begun(town, [(task.id, task.row_version + 1)])
    town.work_off()
    assert [(item.state, item.code) for item in items(town, batch)] == [(BatchState.REFUSED, "work_changed")]
    assert to_sign(town) == [task]


def test_a_basis_without_a_number_stops_that_document_only(appraised: Town) -> None:
    town = confirmed(appraised)
    (task,) = to_sign(town)
    with town.open() as uow:
        for basis in uow.decisions.bases():
            uow.decisions.put_basis(replace(basis, number=""))
    batch = begun(town, [(task.id, task.row_version)])
    town.work_off()
    assert [(item.state, item.code) for item in items(town, batch)] == [(BatchState.REFUSED, "basis_incomplete")]


@pytest.mark.parametrize("count", [0, batches.MOST + 1])
def test_too_few_and_too_many_are_not_taken(town: Town, count: int) -> None:
    with pytest.raises(Invalid) as refusal:
        begun(town, [(number + 1, 1) for number in range(count)])
    assert refusal.value.fields["viec"].code == "batch_size"
