"""Does every element do what BPMN says? One small diagram each, read from the outside."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from engine.errors import ProcessFault, WrongState
from tests.process.play import DIAGRAMS, NOW, RUNTIME, Play


def test_every_diagram_of_the_suite_compiles_and_is_laid_out() -> None:
    for path in sorted(DIAGRAMS.glob("*.bpmn")):
        definition = RUNTIME.compile({path.name: path.read_bytes()})
        assert all(RUNTIME.draw(definition, key, title="t", description="d").svg for key in definition.processes)


def test_human_tasks_wait_for_a_person() -> None:
    play = Play("human_tasks.bpmn")
    play.do("u").do("m").do("t", x=1)
    assert (play.completed, play.step.ended, play.ends, play.step.variables) == (
        ["s", "u", "m", "t", "e"],
        True,
        ["e"],
        {"x": 1},
    )


def test_automatic_tasks_wait_for_their_operation() -> None:
    play = Play("service_tasks.bpmn", n=1)
    assert [(o.node, o.operation, o.parameters, o.data) for o in play.step.operations] == [("a", "nhac", {}, {"n": 1})]
    play.do("a", ket_qua="tốt")
    assert [(o.operation, o.parameters) for o in play.step.operations] == [
        ("cham_diem", {"operation": "cham_diem", "muc": "2"})
    ]
    play.do("b").do("c").do("d")
    assert play.completed == ["s", "a", "b", "c", "d", "e"]


def test_a_token_is_completed_once() -> None:
    play = Play("human_tasks.bpmn")
    token = play.step.tasks[0].token
    play.do("u")
    for late in (token, "0", "999", "x", "-1", ""):
        with pytest.raises(WrongState):
            play.do_token(late)
    assert play.open == ["m"]


def test_scripts_assign_exactly() -> None:
    play = Play("script_task.bpmn", a=0.2, ten="Mây")
    assert play.step.variables == {"a": 0.2, "ten": "Chi đoàn Mây", "tong": Decimal("0.3"), "gap": Decimal("0.6")}


def test_a_script_may_raise_an_error() -> None:
    assert Play("script_raises_error.bpmn").completed == ["s", "b", "bad"]


def test_send_and_receive_throw_and_wait() -> None:
    play = Play("send_and_receive.bpmn", n=4)
    assert play.thrown == [("message", "rút", {"so": 5, "loai": "đơn"})]
    assert [(s.node, s.kind, s.name) for s in play.step.subscriptions] == [("nhan", "message", "mời")]
    play.message("mời", khach=["An", "Bình"])
    assert play.thrown[1:] == [("message", "mời", {}), ("signal", "hết năm", {})]
    assert (play.completed, play.step.variables) == (
        ["s", "gui", "nhan", "bao", "e"],
        {"n": 4, "khach": ["An", "Bình"]},
    )
    with pytest.raises(WrongState):
        play.message("mời")


@pytest.mark.parametrize(("points", "end"), [(90, "cao"), (80, "cao"), (79, "vua"), (10, "thap")])
def test_an_exclusive_gateway_takes_the_first_that_holds(points: int, end: str) -> None:
    assert Play("exclusive_gateway.bpmn", diem=points).ends == [end]


def test_an_exclusive_gateway_without_way_is_a_fault() -> None:
    with pytest.raises(ProcessFault) as fault:
        Play("exclusive_no_match.bpmn", x=3)
    assert fault.value.node == "g"
    with pytest.raises(ProcessFault, match="không có biến “x”"):
        Play("exclusive_no_match.bpmn")


def test_a_parallel_join_waits_for_every_branch() -> None:
    play = Play("parallel_gateway.bpmn")
    assert play.do("b").open == ["a"]
    assert play.do("a").open == ["sau"]
    assert play.do("sau").completed == ["s", "f", "b", "a", "j", "sau", "e"]


def test_successive_parallel_blocks_stay_small() -> None:
    play = Play("parallel_blocks.bpmn")
    sizes = []
    for block in range(4):
        for branch in range(11):
            sizes.append(len(play.step.state))
            play.do(f"t{block}_{branch}")
    assert (play.step.ended, max(sizes) < 500) == (True, True)


def test_fork_and_join_in_a_loop_do_not_grow() -> None:
    play = Play("parallel_in_loop.bpmn")
    play.do("a").do("b", again=True)
    first = len(play.step.state)
    for _ in range(50):
        play.do("b").do("a", again=True)
    assert (play.open, len(play.step.state) - first < 8) == (["a", "b"], True)
    play.do("a").do("b", again=False)
    assert play.step.ended


@pytest.mark.parametrize(("x", "y", "opened"), [(True, True, ["a", "b"]), (True, False, ["a"]), (False, False, ["c"])])
def test_an_inclusive_gateway_joins_what_it_opened(x: bool, y: bool, opened: list[str]) -> None:
    play = Play("inclusive_gateway.bpmn", x=x, y=y)
    assert play.open == opened
    for node in opened:
        assert "sau" not in play.open
        play.do(node)
    assert play.open == ["sau"]


def test_an_inclusive_join_waits_for_a_token_in_a_loop() -> None:
    play = Play("inclusive_join_of_loop.bpmn")
    play.do("a").do("b", again=True)
    assert (play.open, play.step.ended) == (["b"], False)
    play.do("b", again=False)
    assert (play.completed.count("j"), play.step.ended) == (1, True)


def test_an_event_gateway_takes_the_first_event() -> None:
    assert Play("event_gateway.bpmn").waits == ["muon", "nhan", "som", "tin"]
    assert Play("event_gateway.bpmn").message("rút", x=1).waits == ["a"]
    assert Play("event_gateway.bpmn").message("mời").waits == ["b"]
    assert Play("event_gateway.bpmn").wait(hours=2).waits == ["c"]
    play = Play("event_gateway.bpmn", now=datetime(2026, 10, 1, 16, 30, tzinfo=UTC))
    assert play.wait(hours=3).waits == ["d"]
    assert play.completed == ["s", "g", "muon"]


def test_timers_of_one_race_fired_together_are_one() -> None:
    play = Play("event_gateway.bpmn")
    assert play.fire(*(timer.token for timer in play.step.timers)).waits == ["c"]


def test_timers_are_due_at_the_right_instant() -> None:
    facts = {"dates": {"register": {"late_from": "2026-11-10T00:00:00+07:00"}}}
    play = Play("timers.bpmn", facts=facts, han=datetime(2026, 12, 1, 9))
    assert play.timers == {
        "ngay": datetime(2026, 11, 9, 17, tzinfo=UTC),
        "gio": datetime(2026, 11, 10, 1, tzinfo=UTC),
        "utc": datetime(2026, 11, 10, 8, tzinfo=UTC),
        "muc": datetime(2026, 11, 9, 17, tzinfo=UTC),
        "bien": datetime(2026, 12, 1, 2, tzinfo=UTC),
        "cho": NOW + timedelta(hours=26),
        "thang": datetime(2026, 11, 1, 1, tzinfo=UTC),
        "chuoi": NOW + timedelta(minutes=30),
    }
    with pytest.raises(ProcessFault, match="register"):
        Play("timers.bpmn", han=datetime(2026, 12, 1, 9))


def test_a_timer_of_the_past_is_reported_and_fired_by_the_caller_only() -> None:
    play = Play("event_gateway.bpmn", now=datetime(2030, 1, 1, tzinfo=UTC))
    assert play.timers["muon"] == datetime(2026, 10, 1, 17, tzinfo=UTC)
    assert play.wait().waits == ["d"]


def test_boundary_events_beside_a_task_repeat() -> None:
    play = Play("boundary_events.bpmn")
    assert play.waits == ["het", "hoi", "nhac", "tin", "viec"]
    play.message("mời").message("mời").wait(days=5)
    assert play.open == ["gui_nhac"] * 3 + ["tra_loi"] * 2 + ["viec"]
    assert play.waits.count("nhac") == 0
    tokens = [task.token for task in (*play.step.tasks, *play.step.operations)]
    assert len(set(tokens)) == len(tokens)
    play.do("viec")
    assert (play.step.ended, play.waits) == (False, ["gui_nhac"] * 3 + ["tra_loi"] * 2)


def test_boundary_events_interrupt_a_task() -> None:
    assert (Play("boundary_events.bpmn").message("rút").completed, Play("boundary_events.bpmn").wait(days=11).ends) == (
        ["s", "tin", "rut"],
        ["qua_han"],
    )


def test_a_cycle_beside_a_task_is_exact() -> None:
    play = Play("boundary_events.bpmn")
    dues = []
    while "nhac" in play.timers:
        dues.append(play.timers["nhac"])
        play.now = dues[-1] + timedelta(hours=5)
        play.fire(next(timer.token for timer in play.step.timers if timer.node == "nhac"))
    assert dues == [NOW + timedelta(days=day) for day in (1, 2, 3)]


def test_a_message_ends_everything_inside_a_sub_process() -> None:
    play = Play("sub_process_interrupted.bpmn")
    assert play.waits == ["a", "b", "cho", "nhac", "rut", "tin2"]
    play.wait(hours=2)
    assert play.waits == ["a", "b", "c", "cho", "rut", "tin2"]
    play.message("rút")
    assert (play.waits, play.completed) == (["ghi"], ["s", "s2", "f", "s3", "nhac", "rut"])
    assert play.do("ghi").step.ended


def test_a_sub_process_that_ends_by_itself_goes_on() -> None:
    play = Play("sub_process_interrupted.bpmn").do("a").do("b").message("mời")
    assert (play.completed[-4:], play.step.ended, play.waits) == (["j", "e2", "nam", "e"], True, [])


def test_an_error_is_caught_by_its_code_or_is_a_fault() -> None:
    assert Play("error_events.bpmn").do("lam", kq="A").open == ["sua"]
    assert Play("error_events.bpmn").do("lam", kq="").completed[-2:] == ["sp", "e"]
    with pytest.raises(ProcessFault, match="“B”"):
        Play("error_events.bpmn").do("lam", kq="B")


def test_an_operation_may_fail_with_an_error() -> None:
    assert Play("error_catch_all.bpmn").fail("svc", "A").completed == ["s", "ba", "xa"]
    assert Play("error_catch_all.bpmn").fail("svc", "khác").completed == ["s", "bx", "xx"]
    with pytest.raises(ProcessFault):
        Play("human_tasks.bpmn").fail("u", "A")


def test_an_interrupting_escalation_stops_the_branch_before_its_next_step() -> None:
    play = Play("escalation.bpmn")
    assert (play.open, "dem" in play.step.variables, play.thrown) == (["cap_tren"], False, [])


def test_an_escalation_beside_lets_the_sub_process_run() -> None:
    play = Play("escalation_beside.bpmn")
    assert play.open == ["cap_tren", "lam"]
    assert play.do("lam").do("cap_tren").completed == ["s", "s2", "leo", "be", "lam", "sp", "e", "cap_tren"]


def test_terminate_ends_its_own_scope() -> None:
    play = Play("terminate.bpmn").do("a")
    assert (play.open, play.completed) == (["sau"], ["s", "s2", "f", "a", "dung", "sp"])


def test_a_signal_reaches_all_and_leaves() -> None:
    play = Play("signals.bpmn").do("v")
    assert (sorted(play.completed), play.thrown, play.step.ended) == (
        ["a", "b", "e", "f", "phat", "s", "v"],
        [("signal", "hết năm", {})],
        True,
    )
    assert Play("signals.bpmn").signal("hết năm", nam=2026).step.variables == {"nam": 2026}


def test_a_called_process_has_its_own_variables() -> None:
    play = Play("call_activity.bpmn", a=1).do("truoc")
    assert play.step.tasks[0].data == {"a": 1}
    play.do("trong", a=2, b=3)
    assert (play.step.variables, play.completed) == ({"a": 2, "b": 3}, ["s", "truoc", "s9", "trong", "e9", "goi"])


def test_a_called_process_gets_and_gives_only_what_is_named() -> None:
    play = Play("call_activity_mapped.bpmn", a=1, b=2)
    assert (play.step.tasks[0].data, play.step.variables) == ({"x": 1, "y": 2}, {"a": 1, "b": 2})
    assert play.do("trong", la=5).step.variables == {"a": 1, "b": 2, "kq": 3}


def test_parallel_instances_collect_their_results_until_enough() -> None:
    play = Play("multi_instance_parallel.bpmn", ds=["An", "Bình", "Chi", "Dũng"])
    assert [(task.name, task.data["don_vi"]) for task in play.step.tasks] == [
        ("Chấm An", "An"),
        ("Chấm Bình", "Bình"),
        ("Chấm Chi", "Chi"),
        ("Chấm Dũng", "Dũng"),
    ]
    play.do("m", which=1, diem=8).do("m", which=0, diem=7).do("m", which=1, diem=9)
    assert (play.step.ended, play.completed, play.step.variables["kq"]) == (
        True,
        ["s", "m", "m", "m", "e"],
        [7, 8, None, 9],
    )


def test_sequential_instances_come_one_by_one() -> None:
    play = Play("multi_instance_sequential.bpmn", ds=["a", "b"])
    assert [task.data["x"] for task in play.step.tasks] == ["a"]
    play.do("m")
    assert [task.data["x"] for task in play.step.tasks] == ["b"]
    assert play.do("m").completed == ["s", "m", "m", "e"]
    assert Play("multi_instance_sequential.bpmn", ds=["a", "b"]).message("rút").ends == ["er"]
    assert Play("multi_instance_sequential.bpmn", ds=[]).completed == ["s", "e"]


def test_a_sub_process_per_element_keeps_its_element() -> None:
    play = Play("multi_instance_sub_process.bpmn", ds=[1, 2, 4], tong=0)
    assert sorted(task.name for task in play.step.tasks) == ["Việc của 1", "Việc của 2", "Việc của 4"]
    play.do("u", which=2).do("u").do("u")
    assert (play.step.variables, play.completed.count("m"), play.step.ended) == ({"ds": [1, 2, 4], "tong": 7}, 3, True)


@pytest.mark.parametrize(("n", "total"), [(0, 0), (1, 0), (5, 10)])
def test_a_number_of_instances(n: int, total: int) -> None:
    play = Play("multi_instance_cardinality.bpmn", n=n, tong=0)
    assert (play.step.variables["tong"], play.completed.count("m")) == (total, n)


def test_too_many_instances_are_a_fault() -> None:
    for wrong in (10**9, -1, "ba", 1.5):
        with pytest.raises(ProcessFault):
            Play("multi_instance_cardinality.bpmn", n=wrong, tong=0)


@pytest.mark.parametrize(("n", "limit", "end"), [(0, 2, 2), (0, 9, 3), (5, 5, 5)])
def test_a_loop_goes_on_while_its_condition_holds(n: int, limit: int, end: int) -> None:
    play = Play("standard_loop.bpmn", n=n, muc=limit)
    assert (play.step.variables["n"], play.completed.count("x")) == (end, end - n)


def test_an_event_sub_process_beside_or_instead() -> None:
    play = Play("event_sub_process_message.bpmn").message("mời").message("mời")
    assert play.open == ["chinh", "phu", "phu"]
    play.message("rút")
    assert (play.waits, play.step.ended) == (["don"], False)
    play.do("don")
    assert (play.completed, play.step.ended, play.ends) == (
        ["s", "nghe", "nghe", "nghe_rut", "don", "het", "dung"],
        True,
        [],
    )


def test_event_sub_processes_do_not_hold_the_process_open() -> None:
    play = Play("event_sub_process_message.bpmn").do("chinh")
    assert (play.step.ended, play.waits) == (True, [])


def test_an_event_sub_process_by_timer_repeats() -> None:
    play = Play("event_sub_process_timer.bpmn", lan=0).wait(hours=5)
    assert (play.step.variables, play.waits) == ({"lan": 2}, ["chinh"])


def test_a_fresh_instance_is_not_touched_by_another_ones_event_sub_process() -> None:
    used = Play("event_sub_process_message.bpmn").message("rút")
    again = RUNTIME.start(used.definition, "p", {}, facts={}, now=NOW)
    assert [task.node for task in again.tasks] == ["chinh"]


def test_an_error_starts_its_event_sub_process() -> None:
    play = Play("event_sub_process_error.bpmn").do("a")
    assert play.open == ["sua"]
    assert play.do("sua").open == ["sau"]


@pytest.mark.parametrize(("n", "opened"), [(1, ["z"]), (2, ["x"]), (3, ["x", "y"])])
def test_conditions_on_flows_out_of_a_task(n: int, opened: list[str]) -> None:
    assert Play("conditional_flows.bpmn").do("a", n=n).open == opened


def test_missing_starts_ends_and_ids_are_filled_in() -> None:
    play = Play("implicit_parts.bpmn").do("a")
    assert play.open == ["b", "c"]
    assert play.do("b").do("c").step.ended


def test_two_tokens_do_a_task_twice() -> None:
    play = Play("two_tokens_one_node.bpmn", n=0)
    assert (play.open, play.step.variables) == (["v", "v"], {"n": 11})


def test_reserved_ids_are_an_authors_right() -> None:
    assert Play("reserved_ids.bpmn").do("End").do("p.EndJoin").completed == ["Start", "End", "p.EndJoin", "Root"]


def test_lanes_are_known_by_id_and_inherited() -> None:
    info = RUNTIME.compile({"lanes.bpmn": (DIAGRAMS / "lanes.bpmn").read_bytes()}).processes["p"]
    assert (info.lanes, {key: node.lane for key, node in info.nodes.items()}) == (
        {"l1": "Chi đoàn", "l2": "Đoàn cơ sở", "l3": "Thường vụ"},
        {"s": "l1", "sp": "l1", "s2": "l1", "a": "l1", "b": "l3"},
    )


def test_data_objects_are_variables() -> None:
    play = Play("data_objects.bpmn").do("a", ho_so={"so": 1})
    assert play.step.tasks[0].data == {"ho_so": {"so": 1}}


def test_an_endless_automatic_loop_is_stopped() -> None:
    with pytest.raises(ProcessFault, match="vòng lặp"):
        Play("endless_loop.bpmn", n=0)


def test_inputs_stay_in_the_task_and_outputs_leave_it() -> None:
    play = Play("input_output.bpmn", n=3)
    assert play.step.tasks[0].data == {"n": 3, "trong": 6, "chu": "nguyên văn"}
    assert play.do("a").step.variables == {"n": 3, "ra": 7}


def test_pools_are_processes_of_their_own_and_messages_start_them() -> None:
    branch = Play("two_pools.bpmn", "chi_doan").do("dang_ky")
    assert (branch.thrown, branch.waits) == ([("message", "Đăng ký", {})], ["cho_ket_qua"])
    superior = Play("two_pools.bpmn", "co_so", start={"message": "Đăng ký"}, don_vi="A").do("duyet")
    assert (superior.thrown, superior.definition.processes["co_so"].start_messages) == (
        [("message", "Kết quả", {})],
        ("Đăng ký",),
    )
    assert branch.message("Kết quả").step.ended
    with pytest.raises(WrongState):
        Play("two_pools.bpmn", "co_so", start={"message": "khác"})


def test_branches_that_cannot_meet_wait_and_are_found_by_the_watchdog() -> None:
    play = Play("deadlock.bpmn")
    assert RUNTIME.stuck(play.definition, "p", play.step.state) == ()
    play.do("a")
    assert (play.step.ended, play.waits, RUNTIME.stuck(play.definition, "p", play.step.state)) == (False, [], ("j",))
