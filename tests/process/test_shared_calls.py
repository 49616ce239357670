"""A process drawn once and called from many places: what each call fills in, and what is said of a call that is wrong."""

import pytest

from engine.errors import BadDiagram
from engine.process.deploy import examine
from engine.process.validate import as_line
from tests.process.play import HEAD, RUNTIME, Play, flow, flows

LANES = (
    '<laneSet id="ls"><lane id="nguoi_lam" name="Người làm"><flowNodeRef>viec</flowNodeRef></lane>'
    '<lane id="nguoi_xem" name="Người xem"><flowNodeRef>xem</flowNodeRef></lane></laneSet>'
)
ASKS = {"parameter.what": "việc", "parameter.form": "biểu mẫu", "option.deadline": "hạn", "option.days": "số ngày"}


def properties(**values: str) -> str:
    rows = "".join(f'<camunda:property name="{name}" value="{value}"/>' for name, value in values.items())
    return f"<extensionElements><camunda:properties>{rows}</camunda:properties></extensionElements>"


def shared(more: str = "", lanes: str = LANES, **asks: str) -> bytes:
    body = (
        '<startEvent id="s"/><userTask id="viec" name="Làm {{what}}" camunda:formKey="{{form}}">'
        + properties(deadline="{{deadline}}", act="fill")
        + '</userTask><userTask id="xem" name="Xem {{what}}"/>'
        + '<boundaryEvent id="cho" attachedToRef="xem"><timerEventDefinition><timeDuration>P{{days}}D</timeDuration>'
        + '</timerEventDefinition></boundaryEvent><endEvent id="e"/>'
        + flows("s", "viec", "xem", "e")
        + flow("cho", "e")
        + more
    )
    declared = properties(**(asks or ASKS))
    return f'{HEAD}<process id="chung" name="Việc chung" isExecutable="true">{declared}{lanes}{body}</process></definitions>'.encode()


def call(identity: str, **given: str) -> str:
    return f'<callActivity id="{identity}" calledElement="chung">{properties(**given)}</callActivity>'


GIVEN = {"form": "don", "days": "2", "lane.nguoi_lam": "a", "lane.nguoi_xem": "b"}


def caller(*calls: str) -> bytes:
    ids = [text.split('id="', 1)[1].split('"', 1)[0] for text in calls]
    body = '<startEvent id="s"/>' + "".join(calls) + '<endEvent id="e"/>' + flows("s", *ids, "e")
    return f'{HEAD}<process id="p" isExecutable="true">{body}</process></definitions>'.encode()


class Both(Play):
    """An instance of the first file's process; the second file is what it calls."""

    def __init__(self, content: bytes, called: bytes) -> None:
        made = RUNTIME.compile({"a.bpmn": content, "chung.bpmn": called})

        class Fixed:
            def __getattr__(self, name: str) -> object:
                return getattr(RUNTIME, name)

            def compile(self, _: object) -> object:
                return made

        super().__init__(content, "p", runtime=Fixed())


def found(content: bytes, called: bytes) -> list[str]:
    return [as_line(finding) for finding in examine({"a.bpmn": content, "chung.bpmn": called})[1]]


def test_each_call_runs_a_copy_with_what_it_gives() -> None:
    calls = (call("mot", what="kế hoạch", deadline="plan", **GIVEN), call("hai", what="báo cáo", **GIVEN))
    play = Both(caller(*calls), shared())
    nodes = {n.id: n for info in play.definition.processes.values() for n in info.nodes.values()}
    assert set(play.definition.processes) == {"p", "chung.mot", "chung.hai"}
    assert play.definition.shared == {"chung": "Việc chung"}
    asked = [
        (nodes[n].name, nodes[n].form_key, nodes[n].lane, dict(nodes[n].properties)) for n in ("mot.viec", "hai.viec")
    ]
    assert asked == [
        ("Làm kế hoạch", "don", "a", {"deadline": "plan", "act": "fill"}),
        ("Làm báo cáo", "don", "a", {"act": "fill"}),
    ]
    assert [task.name for task in play.step.tasks] == ["Làm kế hoạch"]
    play.do("mot.viec", y=1).do("mot.xem")
    assert (play.open, play.step.variables) == (["hai.viec"], {"y": 1})
    play.do("hai.viec").wait(days=2)
    assert (play.step.ended, play.completed[-3:]) == (True, ["hai.e", "hai", "e"])


def test_the_only_lane_of_what_is_called_is_that_of_the_call() -> None:
    lane = '<laneSet id="l0"><lane id="ta" name="Ta"><flowNodeRef>mot</flowNodeRef></lane></laneSet>'
    one = LANES[: LANES.index('<lane id="nguoi_xem"')].replace("</lane>", "<flowNodeRef>xem</flowNodeRef></lane>")
    given = {name: text for name, text in GIVEN.items() if not name.startswith("lane.")}
    content = caller(call("mot", what="kế hoạch", **given)).replace(b"<startEvent", lane.encode() + b"<startEvent", 1)
    made = RUNTIME.compile({"a.bpmn": content, "chung.bpmn": shared(lanes=one + "</laneSet>")})
    copy = made.processes["chung.mot"]
    assert ({copy.nodes[n].lane for n in ("mot.viec", "mot.xem")}, copy.lanes) == ({"ta"}, {"ta": "Người làm"})


def test_people_see_it_once_with_its_parameters_in_words() -> None:
    made = RUNTIME.compile({"a.bpmn": caller(call("mot", what="kế hoạch", **GIVEN)), "chung.bpmn": shared()})
    drawn = RUNTIME.draw(made, "chung", title="Chung", description="")
    assert [step.name for step in drawn.steps if step.kind == "userTask"] == ["Làm việc", "Xem việc"]
    copied = RUNTIME.draw(made, "chung.mot", title="Chung", description="")
    assert [step.name for step in copied.steps if step.kind == "userTask"] == ["Làm kế hoạch", "Xem kế hoạch"]


def test_what_nobody_calls_is_no_process() -> None:
    content = f'{HEAD}<process id="p"><userTask id="u"/></process></definitions>'.encode()
    assert (set(RUNTIME.compile({"a.bpmn": content, "chung.bpmn": shared()}).processes), found(content, shared())) == (
        {"p"},
        [],
    )


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"form": ""}, "Thiếu tham số “form” (biểu mẫu) mà quy trình dùng chung “Việc chung” cần."),
        ({"han": "x"}, "Quy trình dùng chung “Việc chung” không có tham số “han”."),
        ({"lane.ai_do": "x"}, "Quy trình dùng chung “Việc chung” không có tham số “lane.ai_do”."),
        ({"lane.nguoi_xem": ""}, "Chưa cho biết ai làm phần của “Người xem”: thêm thuộc tính “lane.nguoi_xem”."),
    ],
)
def test_a_call_that_is_wrong_is_told_where_it_stands(given: dict[str, str], reason: str) -> None:
    content = caller(call("mot", **{"what": "kế hoạch", **GIVEN, **given}))
    assert found(content, shared()) == [f"a.bpmn:3: mot: {reason}"]
    with pytest.raises(BadDiagram):
        RUNTIME.compile({"a.bpmn": content, "chung.bpmn": shared()})


def test_a_parameter_that_is_not_declared_is_told_where_it_is_used() -> None:
    asks = {name: text for name, text in ASKS.items() if name != "option.deadline"}
    assert found(caller(call("mot", what="x", **GIVEN)), shared(**asks)) == [
        "chung.bpmn:3: viec: Tham số “deadline” chưa được quy trình dùng chung khai báo."
    ]


def test_a_shared_process_that_calls_itself_is_refused() -> None:
    inner = call("nua", what="x", **GIVEN) + flow("viec", "nua") + flow("nua", "e")
    lines = found(caller(call("mot", what="x", **GIVEN)), shared(inner))
    assert "chung.bpmn:3: mot.nua: Quy trình dùng chung “Việc chung” gọi lại chính nó." in lines


def test_calls_that_multiply_are_refused() -> None:
    step = "".join(f'<userTask id="v{n}"/>' for n in range(2_000))
    many = [call(f"c{n}", what="x", **GIVEN) for n in range(3)]
    lines = [line for line in found(caller(*many), shared(step)) if "phần tử" in line and "đường" not in line]
    assert lines[0] == "a.bpmn:3: c2: Các lần gọi quy trình dùng chung có hơn 5000 phần tử."
