"""Which process is stepped through? The same twelve steps for everybody: register, approve, four times wait and
monitor, evaluate, decide, draw up the document."""

from itertools import pairwise
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

PROCESS = "approval"
FILE = "approval.bpmn"
STEPS = 12
#: Long past: the library reads its own clock and finds the timer due, ours is told that it is.
_LONG_AGO = '"2020-01-01T00:00:00+00:00"'

#: What each human step writes; a registration of some size, then short judgements.
ANSWERS: dict[str, dict[str, Any]] = {
    "register": {
        "title": "Đăng ký xây dựng Chi đoàn xã hội chủ nghĩa năm 2027",
        "contact": "Nguyễn Thị Hoa Phượng",
        "members": 42,
        "contents": "Học tập nghị quyết; tình nguyện vì cộng đồng; chuyển đổi số trong sinh hoạt chi đoàn.",
    },
    "approve": {"outcome": "accept", "reason": ""},
    **{f"monitor-{n}": {f"progress_{n}": "Đúng tiến độ", f"noted_{n}": True} for n in range(1, 5)},
    "evaluate": {"score": 87, "remark": "Hoàn thành tốt các nội dung đã đăng ký."},
    "document": {"document": "15-QĐ/ĐTN"},
}


def diagram() -> bytes:
    """The diagram, in plain BPMN 2.0."""
    chain = ["start", "register", "approve"]
    nodes = ['<startEvent id="start"/>', '<userTask id="register" name="Đăng ký"/>']
    nodes += ['<userTask id="approve" name="Phê duyệt"/>']
    for n in range(1, 5):
        chain += [f"wait-{n}", f"monitor-{n}"]
        nodes += [
            f'<intermediateCatchEvent id="wait-{n}"><timerEventDefinition id="wait-{n}-d"><timeDate>{_LONG_AGO}'
            f"</timeDate></timerEventDefinition></intermediateCatchEvent>",
            f'<userTask id="monitor-{n}" name="Theo dõi quý {n}"/>',
        ]
    chain += ["evaluate", "choose"]
    nodes += [
        '<userTask id="evaluate" name="Đánh giá"/>',
        '<exclusiveGateway id="choose" default="no"/>',
        '<serviceTask id="document" name="Lập văn bản" camunda:type="external" camunda:topic="document"/>',
        '<endEvent id="done"/>',
        '<endEvent id="failed"/>',
    ]
    flows = [_flow(f"{a}--{b}", a, b) for a, b in pairwise(chain)]
    yes = "<conditionExpression>score &gt;= 50</conditionExpression>"
    flows += [
        _flow("yes", "choose", "document", yes),
        _flow("no", "choose", "failed"),
        _flow("end", "document", "done"),
    ]
    inside = "\n".join(nodes + flows)
    return (
        f'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
        f' id="d" targetNamespace="bench"><process id="{PROCESS}" isExecutable="true">{inside}</process></definitions>'
    ).encode()


def _flow(key: str, source: str, target: str, inside: str = "") -> str:
    return f'<sequenceFlow id="{key}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'


def library_spec() -> BpmnProcessSpec:
    """The same diagram as the library reads it."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(diagram()))
    return parser.get_spec(PROCESS)


def library_instance(spec: BpmnProcessSpec) -> BpmnWorkflow:
    """An instance of the library, run up to its first wait."""
    workflow = BpmnWorkflow(spec)
    workflow.do_engine_steps()
    return workflow


def library_step(workflow: BpmnWorkflow) -> None:
    """One step as the library's manual does it: the waiting task is done, or its timer found due; then on."""
    ready = workflow.get_tasks(state=TaskState.READY, manual=True) or workflow.get_tasks(state=TaskState.STARTED)
    if ready:
        task = ready[0]
        task.data.update(ANSWERS[task.task_spec.name])
        if task.state == TaskState.READY:
            task.run()
        else:
            task.complete()
    else:
        workflow.refresh_waiting_tasks()
    workflow.do_engine_steps()
