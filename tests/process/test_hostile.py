"""Can a file from a stranger do harm? Every known attack is refused with a finding, quickly."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.errors import BadDiagram, ProcessFault
from engine.process.dmn_frontend import read_decisions
from tests.process.play import DIAGRAMS, NOW, RUNTIME, Play, diagram, flow, flows

GOOD = diagram('<startEvent id="s"/><userTask id="u"/><endEvent id="e"/>' + flows("s", "u", "e"))


def refused(content: bytes) -> str:
    began = time.monotonic()
    with pytest.raises(BadDiagram) as refusal:
        RUNTIME.compile({"a.bpmn": content})
    assert time.monotonic() - began < 10
    assert all(finding.file == "a.bpmn" and finding.reason for finding in refusal.value.findings)
    return " ".join(finding.reason for finding in refusal.value.findings)


def with_doctype(subset: str, use: str = "") -> bytes:
    return GOOD.replace(b"<definitions", f"<!DOCTYPE definitions [{subset}]>\n<definitions".encode(), 1).replace(
        b'id="u"', f'id="u" name="{use}"'.encode()
    )


@pytest.mark.parametrize(
    "content",
    [
        with_doctype('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;"),
        with_doctype('<!ENTITY x SYSTEM "http://127.0.0.1:1/x">', "&x;"),
        with_doctype('<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;'),
        with_doctype('<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">', "&b;"),
        with_doctype("".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10)), "&l9;"),
        with_doctype('<!ATTLIST userTask name CDATA "x">'),
        GOOD.replace(b"<definitions", b'<!DOCTYPE definitions SYSTEM "file:///etc/passwd"><definitions', 1),
    ],
)
def test_document_types_and_entities_are_refused(content: bytes) -> None:
    assert "DOCTYPE" in refused(content)


def test_hidden_document_types_are_refused_in_every_encoding() -> None:
    nasty = (
        with_doctype('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;")
        .decode()
        .replace('encoding="UTF-8"', 'encoding="{}"')
    )
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        refused(nasty.format("UTF-16").encode(encoding))
    for declared in ("UTF-7", "UTF-32", "EBCDIC-CP-US", "unknown"):
        refused(nasty.format(declared).encode())


def test_an_external_inclusion_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text(
        "<documentation xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'>BÍ MẬT</documentation>", encoding="utf-8"
    )
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}"/>'
    assert "BÍ MẬT" not in refused(GOOD.replace(b"<startEvent", include.encode() + b"<startEvent", 1))


def test_a_style_sheet_instruction_or_a_schema_location_is_not_fetched() -> None:
    content = GOOD.replace(
        b"<definitions", b'<?xml-stylesheet href="http://127.0.0.1:1/x.xsl"?><definitions', 1
    ).replace(
        b"targetNamespace",
        b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x http://127.0.0.1:1/x.xsd" targetNamespace',
        1,
    )
    assert Play(content).open == ["u"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\x00", b"<", b"not xml", b"<a/>", b"\xff\xfe", b"\xef\xbb\xbf", b"<definitions/>", GOOD[:-20], GOOD.replace(b"UTF-8", b"UTF-16"), b"\xff" + GOOD,
        "﻿".encode() * 3 + GOOD, GOOD.replace(b"<userTask", b"<userTsk"), GOOD.replace(b'id="u"', b'id="s"'), GOOD.replace(b'id="u"', b'id="u" onclick="x"'),
        GOOD.replace(b'targetRef="u"', b'targetRef="khong_co"'), b"<html><body/></html>", b"<a>" * 5000, b"PK\x03\x04", b"%PDF-1.7",
    ],
)  # fmt: skip
def test_what_is_not_a_diagram_is_refused(content: bytes) -> None:
    refused(content)


def test_sizes_are_limited() -> None:
    assert "MB" in refused(GOOD.replace(b"<userTask", b"<!--" + b"x" * 2_100_000 + b"--><userTask"))
    many = "".join(f'<userTask id="n{number}"/>' for number in range(21_000))
    assert "phần tử" in refused(diagram(many))
    assert "tầng" in refused(diagram("".join(f'<subProcess id="p{n}">' for n in range(80)) + "</subProcess>" * 80))
    assert "ký tự" in refused(diagram(f"<documentation>{'x' * 30_000}</documentation><task id='a'/>"))
    with pytest.raises(BadDiagram):
        RUNTIME.compile({f"{number}.bpmn": GOOD for number in range(300)})


DMN = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="u">{}</definitions>'
ONE = "<literalExpression><text>1</text></literalExpression>"


def decisions(count: int, required: int) -> str:
    """A chain of decisions, each of which requires the next as often as said."""
    need = '<informationRequirement><requiredDecision href="#d{}"/></informationRequirement>'
    return DMN.format(
        "".join(
            f'<decision id="d{n}" name="n{n}">{need.format(n + 1) * required if n < count - 1 else ""}{ONE}</decision>'
            for n in range(count)
        )
    )


SPACED = DMN.format(
    "".join(f'<inputData name="a b{n}"/>' for n in range(3000)) + f'<decision id="q" name="q">{ONE}</decision>'
)
MANY = '<task id="t" {}/>'
LARGE: list[tuple[str, str | bytes]] = [
    ("a.bpmn", diagram(MANY.format(" ".join(f'camunda:a{n}="1"' for n in range(60_000))))),
    ("a.bpmn", diagram(MANY.format(f'name="{"${1}" * 300_000}"'))),
    ("a.bpmn", diagram("".join(f'<scriptTask id="t{n}"><script>{"a = 1;" * 3000}</script></scriptTask>' for n in range(90)))),
    ("a.bpmn", diagram("".join(f'<inclusiveGateway id="g{n}"/><task id="t{n}"/><task id="u{n}"/>' + flow(f"t{n}", f"g{n}") + flow(f"u{n}", f"g{n}") for n in range(800)))),
    ("a.dmn", SPACED),
    ("a.dmn", DMN.format('<decision id="q" name="q"><list>' + f"<literalExpression><text>{'1+' * 1500}1</text></literalExpression>" * 300 + "</list></decision>")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content"), LARGE)
def test_what_would_take_long_is_refused_at_once(name: str, content: str | bytes) -> None:
    began = time.monotonic()
    with pytest.raises(BadDiagram):
        RUNTIME.compile({name: content.encode() if isinstance(content, str) else content})
    assert time.monotonic() - began < 20


def test_many_ways_through_decisions_are_walked_once() -> None:
    began = time.monotonic()
    for content in (decisions(60, 2), decisions(3000, 1)):
        found, _ = read_decisions("a.dmn", content.encode())
        assert found.find("d0") is not None
    with pytest.raises(BadDiagram):
        read_decisions("a.dmn", decisions(60, 2).replace('"#d59"', '"#d0"').encode())
    assert time.monotonic() - began < 20


def test_data_that_refer_to_one_another_do_not_hang() -> None:
    loop = (
        "<multiInstanceLoopCharacteristics><loopDataInputRef>r0</loopDataInputRef></multiInstanceLoopCharacteristics>"
    )
    for last in ("r0", "khong_co"):
        drawn = "".join(f'<dataObjectReference id="r{n}" dataObjectRef="r{n + 1}"/>' for n in range(2000))
        content = diagram(
            f'{drawn}<dataObjectReference id="r2000" dataObjectRef="{last}"/><userTask id="u">{loop}</userTask>'
        )
        assert "u" in RUNTIME.compile({"a.bpmn": content}).processes["p"].nodes


def test_long_chains_deploy_and_run() -> None:
    names = [f"t{number}" for number in range(3000)]
    content = diagram(
        "".join(f'<scriptTask id="{name}"><script>n = n + 1</script></scriptTask>' for name in names) + flows(*names)
    )
    assert Play(content, n=0).step.variables == {"n": 3000}


def test_an_undefined_data_object_in_a_sub_process_does_not_hang() -> None:
    body = (
        '<subProcess id="sp"><dataObjectReference id="r" dataObjectRef="khong_co"/><userTask id="u">'
        '<dataOutputAssociation id="o"><targetRef>r</targetRef></dataOutputAssociation></userTask></subProcess>'
    )
    assert Play(diagram(body)).open == ["u"]


EXPLOITS = [
    '__import__("os").system("touch {}")', "().__class__.__base__.__subclasses__()", "open('{}', 'w')", "eval('1')", "exec('1')", "(lambda: 1)()",
    "[c for c in ().__class__.__base__.__subclasses__()]", "globals()", "getattr(a, 'b')", "f'{{x}}'", "'{{0.__class__}}'.format(1)", "while True: pass", "import os",
]  # fmt: skip


@pytest.mark.parametrize("exploit", EXPLOITS)
def test_no_expression_runs_python(exploit: str, tmp_path: Path) -> None:
    target = tmp_path / "owned"
    text = exploit.format(target).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    places = [
        f'<scriptTask id="x"><script>{text}</script></scriptTask>' + flow("s", "x"),
        f'<exclusiveGateway id="g"/><task id="x"/><task id="y"/><sequenceFlow id="f1" sourceRef="g" targetRef="x"><conditionExpression>{text}</conditionExpression></sequenceFlow>'
        '<sequenceFlow id="f2" sourceRef="g" targetRef="y"><conditionExpression>true</conditionExpression></sequenceFlow>'
        + flow("s", "g"),
        f'<intermediateCatchEvent id="x"><timerEventDefinition><timeDuration>{text}</timeDuration></timerEventDefinition></intermediateCatchEvent>'
        + flow("s", "x"),
        f'<userTask id="x"><multiInstanceLoopCharacteristics><loopCardinality>{text}</loopCardinality></multiInstanceLoopCharacteristics></userTask>'
        + flow("s", "x"),
        f'<userTask id="x"><extensionElements><camunda:inputOutput><camunda:inputParameter name="a">${{{text}}}</camunda:inputParameter></camunda:inputOutput></extensionElements></userTask>'
        + flow("s", "x"),
        f'<userTask id="x" name="${{{text}}}"/>' + flow("s", "x"),
    ]
    for place in places:
        with pytest.raises((BadDiagram, ProcessFault)):
            Play(diagram('<startEvent id="s"/>' + place), a=1)
    assert not target.exists()


def test_scripts_before_and_after_a_task_are_set_aside_with_a_note() -> None:
    extension = '<extensionElements><spiffworkflow:preScript xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core">import os</spiffworkflow:preScript></extensionElements>'
    play = Play(diagram(f'<userTask id="u">{extension}</userTask>'))
    assert [note.reason for note in play.definition.warnings] == ["Kịch bản chạy trước (preScript) bị bỏ qua."]


SOURCES = sorted(DIAGRAMS.glob("*.bpmn"))
TAGS = [
    "userTask",
    "exclusiveGateway",
    "endEvent",
    "boundaryEvent",
    "subProcess",
    "messageEventDefinition",
    "sequenceFlow",
    "transaction",
    "complexGateway",
]


@given(
    st.sampled_from(SOURCES),
    st.lists(
        st.tuples(
            st.integers(0, 200), st.sampled_from(["drop", "copy", "tag", "blank", "move", "attr"]), st.integers(0, 200)
        ),
        min_size=1,
        max_size=5,
    ),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_mangled_diagram_is_refused_or_runs_but_never_breaks(
    source: Path, changes: list[tuple[int, str, int]]
) -> None:
    root = etree.fromstring(source.read_bytes())
    for where, what, other in changes:
        _mangle(root, where, what, other)
    began = time.monotonic()
    try:
        definition = RUNTIME.compile({"a.bpmn": etree.tostring(root)})
        for process in definition.processes:
            assert RUNTIME.draw(definition, process, title="t", description="d").svg
            step = RUNTIME.start(definition, process, {"n": 1, "ds": [1, 2], "x": True}, facts={}, now=NOW)
            for _ in range(6):
                tokens = [waiting.token for waiting in (*step.tasks, *step.operations)]
                if tokens:
                    step = RUNTIME.complete(definition, process, step.state, tokens[0], {}, facts={}, now=NOW)
                elif step.timers:
                    step = RUNTIME.fire(definition, process, step.state, [step.timers[0].token], facts={}, now=NOW)
    except (BadDiagram, ProcessFault):
        pass
    assert time.monotonic() - began < 20


def _mangle(root: etree._Element, where: int, what: str, other: int) -> None:
    nodes = [node for node in root.iter() if node is not root and isinstance(node.tag, str)]
    if not nodes:
        return
    node, second = nodes[where % len(nodes)], nodes[other % len(nodes)]
    parent = node.getparent()
    if what == "drop":
        parent.remove(node)
    elif what == "copy":
        parent.append(etree.fromstring(etree.tostring(node)))
    elif what == "tag":
        node.tag = "{http://www.omg.org/spec/BPMN/20100524/MODEL}" + TAGS[other % len(TAGS)]
    elif what == "blank":
        node.text = ""
    elif what == "move" and not any(ancestor is node for ancestor in second.iterancestors()) and second is not node:
        second.append(node)
    elif what == "attr" and node.attrib:
        key = sorted(node.attrib)[other % len(node.attrib)]
        node.set(key, second.get("id", "x") if other % 2 else "")


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_refused(content: bytes) -> None:
    for name in ("a.bpmn", "a.dmn"):
        with pytest.raises(BadDiagram):
            RUNTIME.compile({name: content})
