"""Are diagrams of common modelers understood, and is nothing dropped without a word?"""

from typing import Any

import pytest

from engine.errors import BadDiagram
from tests.process.play import DIAGRAMS, RUNTIME, Play, diagram, flow, flows

S, E = '<startEvent id="s"/>', '<endEvent id="e"/>'


def findings(content: bytes) -> list[tuple[str, str]]:
    with pytest.raises(BadDiagram) as refusal:
        RUNTIME.compile({"a.bpmn": content})
    return [(finding.element, finding.reason) for finding in refusal.value.findings]


def notes(content: bytes) -> list[tuple[str, str]]:
    return [(note.element, note.reason) for note in RUNTIME.compile({"a.bpmn": content}).warnings]


def test_everything_a_node_says_is_known_by_its_line() -> None:
    content = diagram(
        '\n<userTask id="u" name="Đăng&#10;   ký" camunda:assignee="${bi_thu}" camunda:candidateGroups="bi_thu, pho_bi_thu" '
        'camunda:dueDate="${han}" camunda:formKey="dang_ky">\n<documentation>Ghi rõ nội dung.</documentation><extensionElements><camunda:properties>'
        '<camunda:property name="act" value="register"/></camunda:properties></extensionElements></userTask>'
    )
    node = RUNTIME.compile({"a.bpmn": content}).processes["p"].nodes["u"]
    assert (node.name, node.kind, node.assignee, node.candidate_groups, node.due_date, node.form_key, node.documentation, dict(node.properties), node.line) == (
        "Đăng ký", "userTask", "${bi_thu}", ("bi_thu", "pho_bi_thu"), "${han}", "dang_ky", "Ghi rõ nội dung.", {"act": "register"}, 4,
    )  # fmt: skip


def test_the_definition_is_named_by_its_content() -> None:
    one = RUNTIME.compile({"a.bpmn": diagram(S), "b.bpmn": diagram("<task id='x'/>").replace(b'id="p"', b'id="q"')})
    same = RUNTIME.compile({"b.bpmn": diagram("<task id='x'/>").replace(b'id="p"', b'id="q"'), "a.bpmn": diagram(S)})
    other = RUNTIME.compile({"a.bpmn": diagram(S)})
    assert (one.sha256, len(one.sha256)) == (same.sha256, 64)
    assert one.sha256 != other.sha256


def test_a_prefixed_file_of_the_camunda_modeler_runs() -> None:
    content = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="D1"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:modeler="http://camunda.org/schema/modeler/1.0" xmlns:tns="urn:x" targetNamespace="urn:x"
  exporter="Camunda Modeler" exporterVersion="5.0.0" modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.20.0">
  <bpmn:message id="M" name="xong"/><bpmn:process id="don" isExecutable="true" camunda:historyTimeToLive="180">
    <bpmn:startEvent id="S"><bpmn:outgoing>F1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="F1" sourceRef="S" targetRef="G"/>
    <bpmn:exclusiveGateway id="G" default="F3"><bpmn:incoming>F1</bpmn:incoming><bpmn:outgoing>F2</bpmn:outgoing><bpmn:outgoing>F3</bpmn:outgoing></bpmn:exclusiveGateway>
    <bpmn:sequenceFlow id="F2" sourceRef="G" targetRef="T"><bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${so_tien &gt; 100 &amp;&amp; loai == 'gấp'}</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="F3" sourceRef="G" targetRef="E"/>
    <bpmn:serviceTask id="T" camunda:asyncBefore="true" camunda:type="external" camunda:topic="gui_thu"><bpmn:incoming>F2</bpmn:incoming></bpmn:serviceTask>
    <bpmn:boundaryEvent id="B" attachedToRef="T"><bpmn:timerEventDefinition id="TD"><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT5M</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>
    <bpmn:endEvent id="E"><bpmn:incoming>F3</bpmn:incoming><bpmn:messageEventDefinition messageRef="tns:M"/></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>""".encode()
    play = Play(content, so_tien=150, loai="gấp")
    assert ([operation.operation for operation in play.step.operations], play.waits, play.definition.warnings) == (
        ["gui_thu"],
        ["B", "T"],
        (),
    )


def test_a_file_of_the_zeebe_modeler_runs() -> None:
    body = (
        S
        + '<userTask id="u"><extensionElements><zeebe:userTask/><zeebe:assignmentDefinition assignee="=nguoi" candidateGroups="a,b"/>'
        '<zeebe:formDefinition formId="mau"/><zeebe:ioMapping><zeebe:input source="=n + 1" target="m"/><zeebe:output source="=m * 2" target="k"/></zeebe:ioMapping>'
        "</extensionElements></userTask>"
        '<serviceTask id="t"><extensionElements><zeebe:taskDefinition type="gui"/><zeebe:taskHeaders><zeebe:header key="muc" value="1"/></zeebe:taskHeaders></extensionElements>'
        '<multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="=ds" inputElement="x" outputCollection="kq" outputElement="=x * 10"/>'
        "</extensionElements></multiInstanceLoopCharacteristics></serviceTask>"
        '<scriptTask id="c"><extensionElements><zeebe:script expression="=sum(kq)" resultVariable="tong"/></extensionElements></scriptTask>'
        + E
        + flows("s", "u", "t", "c", "e")
    )
    play = Play(diagram(body), n=1, ds=[1, 2])
    node = play.definition.processes["p"].nodes["u"]
    assert (play.step.tasks[0].data["m"], node.assignee, node.candidate_groups, node.form_key) == (
        2,
        "=nguoi",
        ("a", "b"),
        "mau",
    )
    play.do("u").do("t").do("t")
    assert play.step.variables == {"n": 1, "ds": [1, 2], "k": 4, "kq": [10, 20], "tong": 30}


def test_files_of_flowable_and_spiff_arena_run() -> None:
    body = (
        S
        + '<userTask id="u" xmlns:flowable="http://flowable.org/bpmn" flowable:assignee="a" flowable:skipExpression="${x}"/>'
        + E
        + flows("s", "u", "e")
    )
    assert notes(diagram(body)) == [("u", "Thuộc tính “skipExpression” không được hiểu và bị bỏ qua.")]
    spiff = 'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'
    body = (
        S
        + f'<serviceTask id="t" {spiff}><extensionElements><spiffworkflow:serviceTaskOperator id="http/Get" resultVariable="r"><spiffworkflow:parameters/>'
        "</spiffworkflow:serviceTaskOperator></extensionElements></serviceTask>"
        f'<userTask id="m" {spiff}><extensionElements><spiffworkflow:properties><spiffworkflow:property name="act" value="fill"/></spiffworkflow:properties>'
        "</extensionElements></userTask>" + flows("s", "t", "m")
    )
    play = Play(diagram(body))
    assert [operation.operation for operation in play.step.operations] == ["http/Get"]
    assert dict(play.definition.processes["p"].nodes["m"].properties) == {"act": "fill"}


def test_drawing_only_parts_are_set_aside_with_a_note() -> None:
    body = (
        S
        + '<textAnnotation id="n"><text>Chú ý</text></textAnnotation><association id="a" sourceRef="s" targetRef="n"/><group id="g"/>'
    )
    assert notes(diagram(body)) == [
        ("a", "Phần tử chỉ để vẽ (đường nối chú thích) không ảnh hưởng đến việc chạy."),
        ("g", "Phần tử chỉ để vẽ (khung nhóm) không ảnh hưởng đến việc chạy."),
        ("n", "Phần tử chỉ để vẽ (chú thích) không ảnh hưởng đến việc chạy."),
    ]


EVENT = '<intermediateCatchEvent id="x">{}</intermediateCatchEvent>' + flows("s", "x")
BOUNDARY = '<userTask id="u"/><boundaryEvent id="x" attachedToRef="u" {}</boundaryEvent>' + flows("s", "u")
SUB = '<subProcess id="x" {}</subProcess>'
REFUSED: list[tuple[str, str, str]] = [
    ('<complexGateway id="x"/>', "x", "Chưa hỗ trợ phần tử <complexGateway> (cổng phức hợp)."),
    ('<transaction id="x"><task id="y"/></transaction>', "x", "Chưa hỗ trợ phần tử <transaction> (giao dịch)."),
    ('<adHocSubProcess id="x"><task id="y"/></adHocSubProcess>', "x", "Chưa hỗ trợ phần tử <adHocSubProcess> (quy trình con tùy biến)."),
    ('<task id="x" isForCompensation="true"/>', "x", "Chưa hỗ trợ việc bù trừ (isForCompensation)."),
    (EVENT.format('<linkEventDefinition name="a"/>'), "x", "Chưa hỗ trợ sự kiện nối ở <intermediateCatchEvent>."),
    (EVENT.format("<conditionalEventDefinition><condition>a</condition></conditionalEventDefinition>"), "x", "Chưa hỗ trợ sự kiện điều kiện ở <intermediateCatchEvent>."),
    (EVENT.format(""), "x", "Chưa hỗ trợ sự kiện không có loại ở <intermediateCatchEvent>."),
    ('<intermediateThrowEvent id="x"><compensateEventDefinition/></intermediateThrowEvent>', "x", "Chưa hỗ trợ sự kiện bù trừ ở <intermediateThrowEvent>."),
    ('<endEvent id="x"><cancelEventDefinition/></endEvent>', "x", "Chưa hỗ trợ sự kiện hủy giao dịch ở <endEvent>."),
    (EVENT.format("<signalEventDefinition/><messageEventDefinition/>"), "x", "Chưa hỗ trợ sự kiện nhiều loại cùng lúc."),
    ('<startEvent id="x"/>', "x", "Chỉ được có một sự kiện bắt đầu không chờ thông điệp."),
    (EVENT.format("<timerEventDefinition/>"), "x", "Sự kiện hẹn giờ không nêu thời điểm."),
    (EVENT.format("<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>"), "x", "Chu kỳ lặp chỉ dùng được cho sự kiện không ngắt."),
    (EVENT.format("<timerEventDefinition><timeDate>2026-13-40</timeDate></timerEventDefinition>"), "x", "Thời điểm “2026-13-40” sai: “2026-13-40” không phải ngày ISO (năm-tháng-ngày)."),
    (BOUNDARY.format('cancelActivity="false"><timerEventDefinition><timeCycle>R4/P3M</timeCycle></timerEventDefinition>'), "x",
     "Thời điểm “R4/P3M” sai: không nhận chu kỳ tính theo tháng, năm; hãy dùng hạn của mô hình."),
    (BOUNDARY.format('cancelActivity="false"><timerEventDefinition><timeCycle>0 0 8 * * ?</timeCycle></timerEventDefinition>'), "x",
     "Thời điểm “0 0 8 * * ?” sai: không nhận chu kỳ kiểu cron; hãy dùng hạn của mô hình hoặc R<n>/<khoảng>."),
    (BOUNDARY.format('cancelActivity="false"><errorEventDefinition/>'), "x", "Sự kiện biên bắt lỗi luôn ngắt hoạt động (cancelActivity không được là false)."),
    ('<boundaryEvent id="x" attachedToRef="s"><signalEventDefinition/></boundaryEvent>', "x", "Sự kiện biên gắn vào “s”, không phải một hoạt động cùng cấp."),
    ('<callActivity id="x"/>', "x", "Hoạt động gọi không nêu quy trình được gọi (calledElement)."),
    ('<callActivity id="x" calledElement="q"/>', "x", "Không có quy trình được gọi “q” trong bản triển khai."),
    (SUB.format(">"), "x", "Quy trình con không có phần tử nào."),
    (SUB.format('><startEvent id="y"><signalEventDefinition/></startEvent>'), "y", "Sự kiện bắt đầu của quy trình con không được có loại."),
    (SUB.format('triggeredByEvent="true"><task id="y"/>'), "x", "Quy trình con theo sự kiện phải có đúng một sự kiện bắt đầu."),
    (SUB.format('triggeredByEvent="true"><startEvent id="y"/>'), "y", "Quy trình con theo sự kiện không bắt đầu được bằng sự kiện không có loại."),
    (SUB.format('triggeredByEvent="true"><startEvent id="y"><signalEventDefinition/></startEvent>') + flow("s", "x"), "s-x", "Quy trình con theo sự kiện không có luồng vào hoặc ra."),
    (SUB.format('><task id="y"/>') + flow("s", "y"), "s-y", "Luồng đi xuyên biên giới của quy trình con."),
    ('<task id="x"/>' + flow("x", "s"), "x-s", "Luồng không được đi vào sự kiện bắt đầu hoặc sự kiện biên."),
    ('<endEvent id="x"/><task id="y"/>' + flow("x", "y"), "x-y", "Luồng không được đi ra từ sự kiện kết thúc."),
    ('<parallelGateway id="x"/><task id="y"/>' + flow("x", "y", "true"), "x-y", "Luồng ra từ cổng song song hoặc cổng theo sự kiện không được có điều kiện."),
    ('<exclusiveGateway id="x"/><task id="y"/><task id="z"/>' + flow("x", "y") + flow("x", "z", "true"), "x-y", "Luồng ra từ cổng rẽ nhánh phải có điều kiện hoặc là luồng mặc định."),
    ('<exclusiveGateway id="x" default="khac"/><task id="y"/><sequenceFlow id="khac" sourceRef="s" targetRef="y"/>', "x", "Luồng mặc định “khac” không đi ra từ phần tử này."),
    ('<exclusiveGateway id="x"/><task id="y"/>' + flow("x", "y", "n >"), "x-y", "Điều kiện “n >” sai: không mong đợi hết biểu thức ở vị trí 4."),
    ('<eventBasedGateway id="x"/>', "x", "Cổng theo sự kiện không có luồng ra."),
    ('<eventBasedGateway id="x"/><task id="y"/>' + flow("x", "y"), "x-y", "Sau cổng theo sự kiện phải là sự kiện chờ hoặc bước nhận thông điệp."),
    ('<task id="x"><standardLoopCharacteristics/></task>', "x", "Vòng lặp phải có điều kiện hoặc số lần tối đa."),
    ('<task id="x"><multiInstanceLoopCharacteristics/></task>', "x", "Bước nhiều lần phải nêu đúng một trong hai: số lần hoặc tập hợp."),
    ('<scriptTask id="x"><script>import os</script></scriptTask>', "x", "Kịch bản “import os” sai: không hiểu “os” ở vị trí 8."),
    ('<businessRuleTask id="x" camunda:decisionRef="q"/>', "x", "Không có bảng quyết định “q” trong bản triển khai."),
    ('<task id="x" name="${1 +}"/>', "x", "Tên “${1 +}” sai: không mong đợi hết biểu thức ở vị trí 4."),
    ('<task id="x"><dataInputAssociation><sourceRef>d</sourceRef><targetRef>d</targetRef><assignment><from>a</from><to>b</to></assignment></dataInputAssociation></task>'
     '<dataObject id="d"/>', "x", "Chưa hỗ trợ phép gán hoặc biến đổi trên đường dữ liệu."),
]  # fmt: skip


@pytest.mark.parametrize(("body", "element", "reason"), REFUSED)
def test_what_is_not_executed_is_refused_by_name(body: str, element: str, reason: str) -> None:
    assert (element, reason) in findings(diagram(S + body))


NOTED: list[tuple[str, str, str]] = [
    ('<task id="x"/><task id="y"/>' + flow("x", "y"), "x", "Không có đường nào dẫn tới phần tử này."),
    ('<serviceTask id="x"/>' + flow("s", "x"), "x", "Bước tự động không nêu thao tác nào (thuộc tính operation)."),
    ('<receiveTask id="x" name="Tin"/>' + flow("s", "x"), "x", "Sự kiện không nêu thông điệp hoặc tín hiệu: dùng chính tên của phần tử."),
    ('<exclusiveGateway id="x" default="m"/><task id="y"/>' + flow("s", "x") + flow("x", "y", "true", name="m"), "m", "Điều kiện của luồng mặc định không được xét đến."),
    ('<task id="x"><extensionElements><camunda:executionListener event="start"/></extensionElements></task>' + flow("s", "x"), "x", "Bộ lắng nghe (executionListener) bị bỏ qua."),
]  # fmt: skip


@pytest.mark.parametrize(("body", "element", "reason"), NOTED)
def test_what_is_doubtful_is_noted(body: str, element: str, reason: str) -> None:
    assert (element, reason) in notes(diagram(S + body))


def test_a_finding_names_file_and_line_and_all_come_at_once() -> None:
    good = (DIAGRAMS / "human_tasks.bpmn").read_bytes()
    bad = diagram('\n<complexGateway id="x"/>\n\n<complexGateway id="y"/>')
    with pytest.raises(BadDiagram) as refusal:
        RUNTIME.compile(
            {
                "b.bpmn": bad.replace(b'id="p"', b'id="q"'),
                "a.bpmn": good,
                "c.bpmn": good.replace(b"<startEvent", b"<starEvent"),
                "d.bpmn": good,
            }
        )
    assert [(f.file, f.line, f.element) for f in refusal.value.findings] == [
        ("b.bpmn", 4, "x"),
        ("b.bpmn", 6, "y"),
        ("c.bpmn", 5, ""),
        ("d.bpmn", 4, "p"),
    ]


def test_a_message_flow_names_an_event_without_message() -> None:
    body = S + '<endEvent id="x"><messageEventDefinition/></endEvent>' + flow("s", "x")
    collaboration = '<collaboration id="c"><participant id="a" processRef="p"/><participant id="b"/><messageFlow id="mf" name="Báo cáo" sourceRef="x" targetRef="b"/></collaboration>'
    assert Play(diagram(body, collaboration)).thrown == [("message", "Báo cáo", {})]


def test_names_are_filled_in_and_a_missing_fact_does_not_stop_the_process() -> None:
    play = Play(diagram('<userTask id="u" name="Việc ${khong_co}"/>'))
    assert play.step.tasks[0].name == "Việc ${khong_co}"


def test_a_cycle_with_a_start_is_exact() -> None:
    body = '<userTask id="u"/><boundaryEvent id="x" attachedToRef="u" cancelActivity="false"><timerEventDefinition><timeCycle>R2/2026-11-01T08:00:00/P7D</timeCycle></timerEventDefinition></boundaryEvent>'
    play: Any = Play(diagram(body))
    dues = [play.timers["x"].isoformat()]
    play.fire(play.step.timers[0].token)
    dues.append(play.timers["x"].isoformat())
    play.fire(play.step.timers[0].token)
    assert (dues, play.timers) == (["2026-11-01T01:00:00+00:00", "2026-11-08T01:00:00+00:00"], {})
