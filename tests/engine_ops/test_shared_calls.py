"""Work inside a process that many packs share: why it waits, where it stands in the picture, another version, the versions' difference."""

from __future__ import annotations

from api.pages.diagram_marks import marks_of
from engine.process import packs
from engine.process.pack_diff import as_line, compare
from engine.process.pack_ready import ready
from engine.rules.cycle_models import CycleModel
from engine.use_cases import instances
from tests.engine_ops.test_operations import by, why
from tests.engine_ops.test_switching import preview, report, switch
from tests.engine_ops.yard import HEAD, SHARED, Drawn, Yard, chain, end, model, properties, start

FORM = '{"type": "object", "title": "Xem", "properties": {"y_kien": {"type": "string", "title": "Ý kiến"}}}'
GIVEN = {"what": "tờ khai", "deadline": "answer", "lane.nguoi_xem": "co_so"}


def shared(*inner: str) -> str:
    """A shared process `xem_chung`: the given nodes one behind the other."""
    lane = '<laneSet id="ls"><lane id="nguoi_xem" name="Người xem"><flowNodeRef>doc</flowNodeRef></lane></laneSet>'
    asks = properties({"parameter.what": "giấy tờ", "option.deadline": "hạn xem"})
    body = chain(start("bd"), *inner, end("kt"))
    return f'{HEAD}<process id="xem_chung" name="Xem giấy tờ">{asks}{lane}{body}</process></definitions>'


def reading(name: str = "Đọc {{what}}") -> str:
    inner = properties({"deadline": "{{deadline}}"})
    return f'<userTask id="doc" name="{name}" camunda:formKey="y-kien">{inner}</userTask>'


def calling(*inner: str, **given: str) -> CycleModel:
    call = f'<callActivity id="xem" name="Xem" calledElement="xem_chung">{properties(GIVEN | given)}</callActivity>'
    files = {"_shared/xem.bpmn": shared(*(inner or (reading(),))), "_shared/forms/y-kien.json": FORM}
    return model(Drawn("con", "branch", chain(start(), call, "sau", end())), **files)


def test_work_of_a_shared_process_is_done_by_the_lane_that_the_call_names_until_its_deadline(yard: Yard) -> None:
    yard.at("2026-08-20").runs(calling())
    (wait,) = why(yard, "P1-1")
    assert (wait.kind, wait.node, wait.name, wait.unit, str(wait.last_day)) == (
        "person", "xem.doc", "Đọc tờ khai", "Đoàn phường Lê Chân", "2026-08-25",
    )  # fmt: skip
    (item,) = yard.items("P1-1")
    assert (item.form, item.deadline, dict(item.properties)) == ("y-kien", "answer", {"deadline": "answer"})
    yard.do("P1-1", "xem.doc", y_kien="Được")
    assert (yard.open_nodes("P1-1"), yard.variables("P1-1")) == (["sau"], {"y_kien": "Được"})


def test_it_stands_at_the_call_in_the_callers_picture_and_in_the_shared_one(small: Yard) -> None:
    small.runs(calling())
    with small.look() as uow:
        assert small.season is not None
        units = frozenset({uow.units.get(small.season.unit_id).id})
        counts = uow.queries.nodes(small.season.id, units, small.now.date())
        open_now = sum(row.units for row in counts)
        marks = marks_of(uow.models.definition(small.season.version), counts, int(small.season.id))
        listed = uow.queries.work_at(small.season.id, "con", "xem", units)
    assert open_now > 1
    assert (marks["con"]["xem"].tokens, marks["xem_chung"]["doc"].tokens, len(listed)) == (open_now,) * 3
    assert marks["con"]["xem"].href == f"/chu-ky/{small.season.id}/buoc?quy_trinh=con&nut=xem"


def test_it_is_moved_within_the_shared_process_and_out_of_it(small: Yard) -> None:
    small.runs(calling(reading(), "ghi"))
    (token,) = [item.token for item in small.items("P1-1")]
    by(small, instances.move, "P1-1", token, "xem.ghi", "Đã đọc")
    (token,) = [item.token for item in small.items("P1-1")]
    by(small, instances.move, "P1-1", token, "sau", "Đã ghi")
    assert small.open_nodes("P1-1") == ["sau"]
    names = [(facts["from_name"], facts["to_name"]) for _, facts in small.events("P1-1", "token_moved")]
    assert names == [("Đọc tờ khai", "Việc ghi"), ("Việc ghi", "Việc sau")]


def test_what_waits_inside_goes_on_in_a_version_whose_shared_process_is_another(small: Yard) -> None:
    first = calling()
    second = calling(reading("Đọc kỹ {{what}}"), "ghi", what="đơn")
    small.runs(first)
    assert {(fits, notes) for _, fits, notes in preview(small, small_version(small, second))} == {(True, ())}
    switched = switch(small, second)
    assert {state for _, state, _ in report(small, switched)} == {"moved"}
    assert [(item.node, item.name) for item in small.items("P1-1")] == [("xem.doc", "Đọc kỹ đơn")]
    small.do("P1-1", "xem.doc")
    assert small.open_nodes("P1-1") == ["xem.ghi"]


def small_version(small: Yard, made: CycleModel) -> str:
    with small.open() as uow:
        uow.models.deploy(made, small.now)
    return made.sha256


def test_the_shared_diagram_and_its_forms_belong_to_the_version() -> None:
    first, second = calling(), calling(reading(), "ghi")
    assert first.sha256 != second.sha256
    assert {"_shared/xem.bpmn", "_shared/forms/y-kien.json"} <= set(first.files)
    assert packs.read_model(first.files, first.key) == first
    assert [as_line(change) for change in compare(first, second)] == [
        "+ bước ghi “Việc ghi”",
        "+ luồng doc → ghi",
        "+ luồng ghi → kt",
        "- luồng doc → kt",
    ]


def test_a_form_of_the_models_own_stands_over_the_shared_one() -> None:
    own = FORM.replace("Xem", "Riêng")
    files = dict(calling().files) | {"forms/y-kien.json": own.encode()}
    assert packs.read_model(SHARED | files, "may").forms["y-kien"]["title"] == "Riêng"


def test_what_a_call_fills_in_wrongly_is_told_at_the_call() -> None:
    made = calling(deadline="khong_co")
    _, findings = ready_or_not(made)
    assert ("cycle.bpmn", "xem.doc", "Hạn “khong_co” chưa được khai bằng [[deadline]].") in findings


def ready_or_not(made: CycleModel) -> tuple[bool, list[tuple[str, str, str]]]:
    from engine.errors import BadPack

    try:
        ready(SHARED | made.files, made.key)
    except BadPack as refused:
        return False, [(f.file, f.element, f.reason) for f in refused.findings]
    return True, []
