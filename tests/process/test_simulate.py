"""Do `simulate` and `decide` answer as their contract says?"""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.process.simulate import decide, simulate
from tests.process.play import DIAGRAMS, diagram, flow, flows

NOW = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)


def run(name: str | Path, *starts: Any, horizon: float = 0, auto: bool = False) -> dict[str, Any]:
    path = DIAGRAMS / name if isinstance(name, str) else name
    made = [{"process": "p", "data": start} if "process" not in start else start for start in starts] or [
        {"process": "p"}
    ]
    return simulate({"model": str(path), "starts": made, "horizon_s": horizon, "auto": auto}, now=NOW)


def test_people_are_waited_for_or_complete_at_once() -> None:
    assert run("human_tasks.bpmn") == {"state": "waiting", "completed": ["s"], "data": {}, "kind": "", "error": ""}
    assert run("human_tasks.bpmn", auto=True) == {
        "state": "completed",
        "completed": ["s", "u", "m", "t", "e"],
        "data": {},
        "kind": "",
        "error": "",
    }


def test_tasks_without_implementation_complete_at_once() -> None:
    answer = run("service_tasks.bpmn", {"x": Decimal("1.10")})
    assert (answer["state"], answer["completed"], answer["data"]) == (
        "completed",
        ["s", "a", "b", "c", "d", "e"],
        {"x": 1.1},
    )


def test_time_runs_up_to_the_horizon() -> None:
    assert run("event_gateway.bpmn", horizon=3599)["state"] == "waiting"
    answer = run("event_gateway.bpmn", horizon=3600, auto=True)
    assert (answer["state"], answer["completed"]) == ("completed", ["s", "g", "som", "c"])


def test_a_run_time_fault_and_an_uncaught_error_are_told_apart() -> None:
    answer = run("exclusive_no_match.bpmn", {"x": 3})
    assert (answer["state"], answer["kind"], answer["completed"], answer["data"]) == (
        "error",
        "runtime",
        ["s"],
        {"x": 3},
    )
    answer = run("error_events.bpmn", {"kq": "B"}, auto=True)
    assert (answer["state"], answer["kind"]) == ("error", "bpmnError")
    assert answer["completed"] == ["s", "s2", "lam", "g", "lb"]
    assert "“B”" in answer["error"]


def test_an_error_stands_before_waiting_and_the_data_is_that_of_the_first_start() -> None:
    answer = run("exclusive_gateway.bpmn", {"diem": 90}, {"la": 1})
    assert (answer["state"], answer["kind"], answer["data"]) == ("error", "runtime", {"diem": 90})


def test_messages_start_processes_and_come_back() -> None:
    answer = run("two_pools.bpmn", {"process": "chi_doan", "data": {"a": 1}}, auto=True)
    assert (answer["state"], answer["completed"]) == (
        "completed",
        ["bat_dau", "dang_ky", "gui", "nhan", "duyet", "tra_loi", "cho_ket_qua", "xong"],
    )


def test_a_message_waits_for_its_catcher(tmp_path: Path) -> None:
    model = tmp_path / "m.bpmn"
    thrower = '<startEvent id="s"/><endEvent id="e"><messageEventDefinition messageRef="m"/></endEvent>' + flow(
        "s", "e"
    )
    catcher = '<startEvent id="s1"/><userTask id="u"/><receiveTask id="r" messageRef="m"/>' + flows("s1", "u", "r")
    model.write_bytes(
        diagram(thrower, '<message id="m" name="tin"/>').replace(
            b"</definitions>", f'<process id="q" isExecutable="true">{catcher}</process></definitions>'.encode()
        )
    )
    answer = run(model, {}, {"process": "q", "data": {}}, auto=True)
    assert (answer["state"], answer["completed"]) == ("completed", ["s", "e", "s1", "u", "r"])


def test_a_signal_reaches_every_start() -> None:
    answer = run("signals.bpmn", {}, {}, auto=True)
    assert (answer["state"], sorted(answer["completed"])) == (
        "completed",
        sorted(["s", "f", "a", "b", "v", "phat", "e"] * 2),
    )


def test_what_cannot_be_deployed_is_rejected() -> None:
    assert run(Path("/nonexistent.bpmn"))["state"] == "rejected"
    assert run("human_tasks.bpmn", {"process": "khác"})["state"] == "rejected"
    answer = simulate({"model": str(Path(__file__)), "starts": []}, now=NOW)
    assert (answer["state"], "test_simulate.py:1" in answer["error"]) == ("rejected", True)
    assert simulate({}, now=NOW)["state"] == "rejected"


def test_a_run_that_never_ends_is_an_error(tmp_path: Path) -> None:
    assert run("endless_loop.bpmn", {"n": 0})["kind"] == "runtime"
    model = tmp_path / "m.bpmn"
    model.write_bytes(diagram('<userTask id="u"/><userTask id="v"/><startEvent id="s"/>' + flows("s", "u", "v", "u")))
    assert run(model, auto=True)["kind"] == "runtime"


def test_multi_instances_and_loops_count_every_execution() -> None:
    answer = run("multi_instance_parallel.bpmn", {"ds": ["a", "b"]}, auto=True)
    assert answer["completed"] == ["s", "m", "m", "e"]


TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:t">
<decision id="loai" name="Xếp loại"><decisionTable>
<input id="i"><inputExpression><text>diem</text></inputExpression></input><output name="loai"/>
<rule id="r1"><inputEntry><text>&gt;= 80</text></inputEntry><outputEntry><text>"Tốt"</text></outputEntry></rule>
<rule id="r2"><inputEntry><text>[50..80]</text></inputEntry><outputEntry><text>diem + 0.1</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def test_decide_answers_by_id_or_name(tmp_path: Path) -> None:
    model = tmp_path / "t.dmn"
    model.write_text(TABLE, encoding="utf-8")

    def ask(decision: str, **inputs: Any) -> dict[str, Any]:
        return decide({"model": str(model), "decision": decision, "inputs": inputs}, now=NOW)

    assert ask("loai", diem=90) == {"value": "Tốt"}
    assert ask("Xếp loại", diem=Decimal("50.2")) == {"value": 50.3}
    # A double holds some 16 digits.
    assert ask("loai", diem=Decimal("50.20000000000000000001")) == {"value": Decimal("50.30000000000000000001")}
    assert ask("loai", diem=1) == {"value": None}
    assert ask("loai") == {"value": None}
    assert set(ask("loai", diem=80)) == {"error"}
    assert set(ask("khác", diem=80)) == {"error"}
    assert set(decide({}, now=NOW)) == {"error"}


def test_a_rule_task_asks_the_table_beside_its_file(tmp_path: Path) -> None:
    (tmp_path / "t.dmn").write_text(TABLE, encoding="utf-8")
    model = tmp_path / "m.bpmn"
    model.write_bytes(
        diagram(
            '<startEvent id="s"/><businessRuleTask id="r" camunda:decisionRef="loai" camunda:resultVariable="kq"/>'
            + flows("s", "r")
        )
    )
    answer = run(model, {"diem": 95})
    assert (answer["state"], answer["data"]) == ("completed", {"diem": 95, "kq": "Tốt"})


def test_processes_that_start_one_another_for_ever_are_an_error(tmp_path: Path) -> None:
    message = '<messageEventDefinition messageRef="m"/>'
    body = f'<startEvent id="s">{message}</startEvent><endEvent id="e">{message}</endEvent>' + flow("s", "e")
    model = tmp_path / "m.bpmn"
    model.write_bytes(diagram(body, '<message id="m" name="tin"/>'))
    answer = run(model)
    assert (answer["state"], answer["kind"], answer["error"]) == (
        "error",
        "runtime",
        "p: lần chạy thử mở hơn 2000 quy trình",
    )


def test_data_that_double_at_every_line_are_stopped(tmp_path: Path) -> None:
    model = tmp_path / "m.bpmn"
    for line in ("a = [a, a]", "a = a + a"):
        script = "\n".join(['a = "xx"', *[line] * 60])
        model.write_bytes(diagram(f'<scriptTask id="x"><script>{script}</script></scriptTask>'))
        assert run(model)["kind"] == "runtime"


def test_wrong_requests_are_rejected_with_a_reason() -> None:
    model = str(DIAGRAMS / "human_tasks.bpmn")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"model": ""}, "“model” phải là đường dẫn tới tệp hoặc thư mục mô hình."),
        ({"model": "a\0b"}, "“model” phải là đường dẫn tới tệp hoặc thư mục mô hình."),
        ({"model": model, "horizon_s": -1}, "“horizon_s” phải là số giây không âm."),
        ({"model": model, "horizon_s": "1"}, "“horizon_s” phải là số giây không âm."),
        ({"model": model, "auto": "false"}, "“auto” phải là true hoặc false."),
        ({"model": model, "starts": {"process": "p"}}, "“starts” phải là danh sách các đối tượng có “process” và “data”."),
        ({"model": model, "starts": [{"process": 5}]}, "“process” phải là chữ."),
        ({"model": model, "starts": [{"data": [1]}]}, "“data” phải là một đối tượng JSON."),
        ({"model": model, "starts": [{"data": {"a": Decimal("1e999999999")}}]}, "“data” có số quá lớn, quá nhỏ hoặc không hữu hạn."),
        ({"model": model, "starts": [{"process": "khác"}]}, "Mô hình không có quy trình “khác”."),
        ({"model": "khong-co.bpmn"}, "Không đọc được mô hình “khong-co.bpmn”: không có tệp hoặc thư mục này."),
    ]  # fmt: skip
    for request, reason in wrong:
        assert simulate(request, now=NOW) == {
            "state": "rejected", "completed": [], "data": {}, "kind": "", "error": reason,
        }  # fmt: skip
    assert decide({"model": model, "inputs": [1]}, now=NOW) == {"error": "“inputs” phải là một đối tượng JSON."}


def test_any_large_horizon_is_the_end_of_time() -> None:
    assert run("event_gateway.bpmn", horizon=1e300, auto=True)["state"] == "completed"


def test_a_text_of_json_is_compared_with_a_date(tmp_path: Path) -> None:
    model = tmp_path / "m.bpmn"
    body = '<startEvent id="s"/><exclusiveGateway id="g" default="g-b"/><task id="a"/><task id="b"/>' + flow("s", "g")
    model.write_bytes(diagram(body + flow("g", "a", 'han <= date("2026-11-10")') + flow("g", "b")))
    assert run(model, {"han": "2026-11-10"})["completed"] == ["s", "g", "a"]
    assert run(model, {"han": "2026-11-10T00:00:01+07:00"})["completed"] == ["s", "g", "b"]
    assert run(model, {"han": "mai"})["kind"] == "runtime"
