"""Running processes on another version: tried first, moved one by one with drafts and dates, reported, undone."""

from __future__ import annotations

from datetime import date

import pytest

from engine.errors import Invalid, NotFound, NotPermitted, WrongState
from engine.ports.versions import Switch
from engine.rules.cycle_models import CycleModel
from engine.use_cases import instances, tasks, versions
from tests.engine_ops.test_operations import by, task, timer_rows, why, with_timer
from tests.engine_ops.yard import Drawn, Yard, catches, chain, end, flows, hears, model, start
from tests.factories import moment


def one(*nodes: str, more: str = "") -> CycleModel:
    return model(Drawn("con", "branch", chain(start(), *nodes, end()) + more))


FIRST = one("a", task("b", deadline="answer"), "c")


def deployed(yard: Yard, made: CycleModel) -> str:
    with yard.open() as uow:
        versions.deploy(uow, made, actor=yard._actor(uow, "TD", "designer"), now=yard.now)
    return made.sha256


def preview(yard: Yard, version: str, **mapping: str) -> list[tuple[str, bool, tuple[str, ...]]]:
    """(unit, fits, notes) of every running process."""
    with yard.look() as uow:
        actor = yard._actor(uow, "TD", "designer")
        fits, after = versions.preview(uow, yard.season.id, version, mapping, actor=actor, now=yard.now)
    assert after is None
    return [(fit.unit.removeprefix("Chi đoàn "), fit.fits, fit.notes) for fit in fits]


def switch(yard: Yard, made: CycleModel, **mapping: str) -> Switch:
    version = deployed(yard, made)
    with yard.open() as uow:
        actor = yard._actor(uow, "TD", "designer")
        begun = versions.begin(uow, yard.season.id, version, mapping, "Sửa quy trình", actor=actor, now=yard.now)
    yard.work_off()
    return begun


def undo(yard: Yard, switched: Switch) -> None:
    with yard.open() as uow:
        actor = yard._actor(uow, "TD", "administrator")
        versions.undo(uow, switched.id, "Chuyển nhầm", actor=actor, now=yard.now)
    yard.work_off()


def report(yard: Yard, switched: Switch) -> list[tuple[int, str, list[str]]]:
    with yard.look() as uow:
        return [(int(i.instance_id), i.state, list(i.notes)) for i in uow.switches.items(switched.id, 0, 100)]


def on(yard: Yard, *codes: str) -> list[str]:
    return [yard.instance(code).version for code in codes]


def test_a_cycle_stays_on_its_version(small: Yard) -> None:
    small.runs(FIRST)
    second = deployed(small, one("a", "moi", task("b", deadline="answer"), "c"))
    small.do("P1-1", "a")
    assert (small.open_nodes("P1-1"), on(small, "P1-1")) == (["b"], [FIRST.sha256])
    with small.look() as uow:
        assert (uow.models.latest("may").sha256, uow.cycles.get(small.season.id).version) == (second, FIRST.sha256)


def test_versions_are_named_by_hash_key_and_number(small: Yard) -> None:
    small.runs(FIRST)
    second = deployed(small, one("a", "x"))
    with small.look() as uow:
        found = [versions.find(uow, name).version for name in ("may", "may@1", "may@2", FIRST.sha256[:8], second)]
        assert found == [second, FIRST.sha256, second, FIRST.sha256, second]
        for name in ("may@3", "khac", FIRST.sha256[:3]):
            with pytest.raises(NotFound):
                versions.find(uow, name)


def test_everything_that_runs_comes_along_with_drafts_and_dates(yard: Yard) -> None:
    yard.at("2026-08-20").runs(FIRST)
    yard.do("P1-1", "a")
    yard.do("P1-2", "a")
    (item,) = yard.items("P1-1")
    with yard.open() as uow:
        actor = yard._actor(uow, "P1-1", "secretary")
        tasks.save_draft(
            uow, item.id, {"noi_dung": "đang viết"}, row_version=item.row_version, actor=actor, now=yard.now
        )
    yard.at("2026-08-22")
    second = one(
        "a",
        task("b", deadline="report", act="slip").replace("Việc b", "Xét duyệt"),
        "moi",
        "c",
        more=with_timer("qua", "b", "P20D", "c", cancel="false"),
    )
    before = timer_rows(yard, "P1-1")
    assert [fits for _, fits, _ in preview(yard, deployed(yard, second))] == [True] * 5
    assert on(yard, "P1-1") == [FIRST.sha256]
    switched = switch(yard, second)
    assert on(yard, "P1-1", "P1-2", "P1-3", "P2-1") == [second.sha256] * 4
    (again,) = yard.items("P1-1")
    assert (again.name, again.act, again.draft, again.deadline, again.last_day, again.opened_at) == (
        "Xét duyệt",
        "slip",
        {"noi_dung": "đang viết"},
        "answer",
        date(2026, 8, 25),
        item.opened_at,
    )
    # The new timer counts from the switch; everything planned before stands as it stood.
    assert timer_rows(yard, "P1-1") == sorted(
        [*before, ("process", "2026-09-11 02", "waiting")], key=lambda row: (row[1], row[0])
    )
    assert {state for _, state, _ in report(yard, switched)} == {"moved"}
    yard.completes(again, {}, by=("P1-1", "secretary"))
    assert yard.open_nodes("P1-1") == ["moi"]
    assert yard.events("P1-1", "version_switched") == [
        ("version_switched", {"version": second.sha256[:12], "reason": "Sửa quy trình"})
    ]


def test_what_does_not_fit_stays_and_says_why(yard: Yard) -> None:
    yard.runs(FIRST)
    yard.do("P1-1", "a")
    second = one("a", "khac", "c")
    expected = [("Tổ dân phố số 1", False, ("đang ở bước “Việc b”, bản mới không còn bước này",))]
    assert [row for row in preview(yard, deployed(yard, second)) if not row[1]] == expected
    switched = switch(yard, second)
    assert on(yard, "P1-1", "P1-2") == [FIRST.sha256, second.sha256]
    assert next(row[1:] for row in report(yard, switched)) == ("refused", list(expected[0][2]))
    yard.do("P1-1", "b")
    assert yard.open_nodes("P1-1") == ["c"]


def test_a_step_with_a_new_name_is_found_by_the_mapping(small: Yard) -> None:
    small.runs(FIRST)
    small.do("P1-1", "a")
    second = one("a", "b_moi", "c")
    assert [fits for _, fits, _ in preview(small, deployed(small, second), b="b_moi")] == [True] * 5
    switch(small, second, b="b_moi")
    assert small.open_nodes("P1-1") == ["b_moi"]
    small.do("P1-1", "b_moi")
    assert small.open_nodes("P1-1") == ["c"]


def test_a_change_of_kind_loop_or_event_is_refused(small: Yard) -> None:
    small.runs(
        model(
            Drawn("con", "branch", chain(start(), "a", end())),
            Drawn("cha", "base_union", chain(start("s2"), catches("nghe", "bao"), "sau", end("e2"))),
            Drawn("cao", "city_union", chain(start("s3"), catches("cho", "tin"), "tiep", end("e3"))),
        )
    )
    loop = '<userTask id="a" name="Việc a"><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics></userTask>'
    second = model(
        Drawn("con", "branch", chain(start(), loop, end())),
        Drawn("cha", "base_union", chain(start("s2"), hears("nghe", "bao"), "sau", end("e2"))),
        Drawn("cao", "city_union", chain(start("s3"), "cho", "tiep", end("e3"))),
    )
    notes = {note for _, _, found in preview(small, deployed(small, second)) for note in found}
    assert notes == {
        "bước “Việc a” đã đổi cách lặp trong bản mới",
        "bước “nghe” chờ sự kiện khác trong bản mới",
        "bước “cho” đã đổi loại trong bản mới",
    }


def test_a_removed_edge_goes_and_a_changed_clock_keeps_its_time(yard: Yard) -> None:
    yard.at("2026-08-20").runs(one("a", "c", more=with_timer("x", "a", "P9D", "c") + with_timer("y", "a", "P3D", "c")))
    second = one("a", "c", more=with_timer("y", "a", "P30D", "c"))
    ((_, fits, notes), *_) = preview(yard, deployed(yard, second))
    assert (fits, notes) == (
        True,
        (
            "“x” không còn trong bản mới: thôi chờ",
            "“y”: bản mới hẹn giờ khác; lần đang chờ giữ nguyên giờ đã hẹn",
        ),
    )
    switched = switch(yard, second)
    assert [row for row in timer_rows(yard, "P1-1") if row[0] == "process"] == [("process", "2026-08-23 02", "waiting")]
    undo(yard, switched)
    assert [row[1] for row in timer_rows(yard, "P1-1") if row[0] == "process"] == ["2026-08-23 02", "2026-08-29 02"]
    assert yard.at("2026-08-24").open_nodes("P1-1") == ["c"]


def test_a_switch_is_undone_where_nothing_moved_exactly(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "BATCH", 2)
    yard.runs(FIRST)
    for code in ("P1-1", "P1-2", "P1-3", "P1-4"):
        yard.do(code, "a")
    blobs = {code: yard.instance(code).blob for code in ("P1-1", "P2-1")}
    second = one("a", "b", "moi", "c")
    switched = switch(yard, second)
    yard.do("P1-2", "b")
    yard.do("P1-3", "b")
    yard.do("P1-3", "moi")
    yard.do("P1-4", "b")
    yard.do("P1-4", "moi")
    yard.do("P1-4", "c")
    undo(yard, switched)
    assert on(yard, "P1-1", "P1-2", "P1-3", "P1-4", "P2-1") == [
        FIRST.sha256,
        second.sha256,
        FIRST.sha256,
        second.sha256,
        FIRST.sha256,
    ]
    assert {code: yard.instance(code).blob for code in blobs} == blobs
    assert [row[1:] for row in report(yard, switched)] == [
        ("returned", ["trả lại đúng trạng thái trước khi chuyển"]),
        ("stayed", ["đang ở bước “Việc moi”, bản mới không còn bước này"]),
        ("returned", ["đã đi tiếp trên bản mới: chuyển về tại bước đang đứng"]),
        ("stayed", ["đã kết thúc trên bản mới"]),
        ("returned", ["trả lại đúng trạng thái trước khi chuyển"]),
    ]
    with yard.look() as uow:
        assert uow.cycles.get(yard.season.id).version == FIRST.sha256
        assert [s.state for s in uow.switches.of_cycle(yard.season.id)] == ["undone"]


def test_a_resting_process_comes_along_and_rests_on(small: Yard) -> None:
    small.at("2026-08-20").runs(FIRST)
    small.do("P1-1", "a")
    by(small, instances.suspend, "P1-1", "nghỉ")
    second = one("a", "b", "c", more=with_timer("x", "b", "P9D", "c"))
    switch(small, second)
    assert (small.items("P1-1"), {row[2] for row in timer_rows(small, "P1-1")}) == ([], {"paused"})
    by(small.at("2026-08-30"), instances.resume, "P1-1", "tiếp")
    assert small.open_nodes("P1-1") == ["b"]
    assert [row[1] for row in timer_rows(small, "P1-1") if row[0] == "process"] == ["2026-09-08 02"]
    assert [turn.at for turn in why(small, "P1-1")[0].then] == [None, moment("2026-09-08")]


def test_tokens_inside_sub_processes_and_joins_keep_their_place(small: Yard) -> None:
    def drawn(extra: str) -> CycleModel:
        inside = chain(start("s1"), "trong", *([extra] if extra else []), end("e1"))
        body = (
            start()
            + '<parallelGateway id="f"/>'
            + f'<subProcess id="sub" name="Con">{inside}</subProcess>'
            + '<userTask id="b" name="Việc b"/><parallelGateway id="j"/><userTask id="c" name="Việc c"/>'
            + end()
            + flows("s", "f", "sub", "j", "c", "e")
            + flows("f", "b", "j")
        )
        return model(Drawn("con", "branch", body))

    small.runs(drawn(""))
    small.do("P1-1", "b")
    switch(small, drawn("them"))
    small.do("P1-1", "trong")
    assert small.open_nodes("P1-1") == ["them"]
    small.do("P1-1", "them")
    assert small.open_nodes("P1-1") == ["c"]


def test_who_may_and_what_is_refused(small: Yard) -> None:
    small.runs(FIRST)
    other = deployed(small, model(Drawn("con", "branch", chain(start(), "a", end())), key="khac"))
    second = deployed(small, one("a", "b"))

    def begin(version: str, reason: str = "lý do", who: tuple[str, str] = ("TD", "designer")) -> Switch:
        with small.open() as uow:
            return versions.begin(
                uow, small.season.id, version, {}, reason, actor=small._actor(uow, *who), now=small.now
            )

    for who in (("TD", "officer"), ("P1", "officer"), ("P1-1", "secretary")):
        with pytest.raises(NotPermitted):
            begin(second, who=who)
    with pytest.raises(WrongState, match="other_model"):
        begin(other)
    with pytest.raises(WrongState, match="same_version"):
        begin(FIRST.sha256)
    with pytest.raises(Invalid):
        begin(second, " ")
    begin(second)
    with pytest.raises(WrongState, match="switch_open"):
        begin(FIRST.sha256)
    with small.open() as uow, pytest.raises(NotPermitted):
        versions.deploy(uow, one("z"), actor=small._actor(uow, "P1", "officer"), now=small.now)


def test_new_deadlines_come_and_published_ones_stay(small: Yard) -> None:
    from tests.engine_ops.yard import TOML

    small.runs(FIRST)
    more = TOML.replace("day = 10", "day = 20") + (
        '\n[[deadline]]\nname = "them"\nrule = "by"\nday = 1\nmonth = 12\nyear_offset = -1\nlabel = "Thêm"\n'
        'wording = "hết ngày {date}"\nsource = "mặc định của phần mềm"\n'
    )
    switch(small, model(Drawn("con", "branch", chain(start(), "a", task("b", deadline="them"), "c", end())), toml=more))
    with small.look() as uow:
        dates = uow.cycles.deadlines(small.season.id, "all")
    assert {name: d.last_day for name, d in dates.items()} == {
        "report": date(2026, 11, 9),
        "answer": None,
        "them": date(2026, 12, 1),
    }
    small.do("P1-1", "a")
    assert small.items("P1-1")[0].last_day == date(2026, 12, 1)
