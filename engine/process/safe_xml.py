"""How is a file from a stranger read without harm?

No document type, no entities, no network, no huge trees; then the BPMN 2.0 schema. Every refusal
is a Finding with a line.
"""

import re
import threading
from functools import cache
from importlib.resources import files
from typing import Final, cast

from lxml import etree

from engine.errors import BadDiagram, Finding

MAX_BYTES: Final = 2_000_000
MAX_NODES: Final = 20_000
MAX_DEPTH: Final = 60
MAX_TEXT: Final = 20_000
MAX_ATTRIBUTES: Final = 100

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
DI: Final = "http://www.omg.org/spec/DD/20100524/DI"

#: Encodings in which `<!DOCTYPE` can be searched for as text; others (UTF-7 above all) could hide it.
_ENCODINGS: Final = {
    "utf-8",
    "us-ascii",
    "ascii",
    "iso-8859-1",
    "windows-1252",
    "windows-1258",
    "utf-16",
    "utf-16le",
    "utf-16be",
}
_DECLARED: Final = re.compile(r"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>")
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")
_SCHEMA_LOCK: Final = threading.Lock()


def refuse(file: str, line: int, element: str, reason: str) -> BadDiagram:
    """A refusal with a single finding."""
    return BadDiagram([Finding(file=file, line=line, element=element, reason=reason)])


def read_xml(file: str, content: bytes) -> etree._Element:
    """Parse hostile bytes into an element tree; raise `BadDiagram` for anything unsafe or not well formed."""
    if len(content) > MAX_BYTES:
        raise refuse(file, 0, "", f"Tệp lớn hơn {MAX_BYTES // 1_000_000} MB.")
    text = _decode(file, content)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise refuse(file, _line_of(text, "<!"), "", "Không được khai báo DOCTYPE hoặc ENTITY.")
    root = _parse(file, text)
    _check_size(file, root)
    return root


def _decode(file: str, content: bytes) -> str:
    encoding = "utf-8"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif declared := _DECLARED.match(content[:200].decode("latin-1").removeprefix("\u00ef\u00bb\u00bf")):
        encoding = declared[1].lower()
    if encoding not in _ENCODINGS:
        raise refuse(file, 1, "", f"Không nhận bảng mã “{encoding}”; hãy lưu tệp bằng UTF-8.")
    try:
        return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        raise refuse(
            file, content[: error.start].count(b"\n") + 1, "", f"Nội dung không đúng bảng mã {encoding}."
        ) from None


def _line_of(text: str, mark: str) -> int:
    return text[: max(text.find(mark), 0)].count("\n") + 1


def _parse(file: str, text: str) -> etree._Element:
    declaration = _DECLARATION.match(text)
    # Keep the line breaks of the removed declaration, else every line number is off.
    body = text[declaration.end() :] if declaration else text
    lead = "\n" * declaration[0].count("\n") if declaration else ""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring((lead + body).encode("utf-8", "strict"), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError) as error:
        line = getattr(error, "lineno", None) or 1
        raise refuse(file, line, "", f"Tệp không phải XML đúng cú pháp: {_fault_of_syntax(error)}.") from None


_SYNTAX: Final = (
    (re.compile(r"Opening and ending tag mismatch: (\S+) line (\d+) and (\S+)"), "thẻ mở <{0}> ở dòng {1} không khớp thẻ đóng </{2}>"),
    (re.compile(r"Document is empty"), "tệp trống"),
    (re.compile(r"Start tag expected"), "tệp không bắt đầu bằng một thẻ"),
    (re.compile(r"Extra content at the end"), "còn nội dung sau phần tử gốc"),
    (re.compile(r"Premature end of data in tag (\S+) line (\d+)|EndTag|Couldn't find end"), "tệp bị cắt cụt"),
    (re.compile(r"Namespace prefix (\S+)(?: for \S+)? on (\S+) is not defined"), "tiền tố “{0}” chưa được khai báo"),
    (re.compile(r"Attribute (\S+) redefined"), "thuộc tính “{0}” viết hai lần"),
    (re.compile(r"Entity '(\S+)' not defined"), "dùng thực thể “{0}” không được phép"),
    (re.compile(r"AttValue|attributes construct error|Specification mandates value"), "thuộc tính viết sai, thiếu dấu nháy chẳng hạn"),
    (re.compile(r"xmlParseEntityRef|EntityRef"), "có dấu “&” đứng riêng, phải viết “&amp;”"),
)  # fmt: skip


def _fault_of_syntax(error: Exception) -> str:
    message = re.sub(r", line \d+, column \d+.*| \(<string>.*", "", str(error), flags=re.S)
    for pattern, phrase in _SYNTAX:
        if found := pattern.search(message):
            return phrase.format(*found.groups())
    return message


def _check_size(file: str, root: etree._Element) -> None:
    stack, count = [(root, 1)], 0
    while stack:
        element, depth = stack.pop()
        count += 1
        if count > MAX_NODES:
            raise refuse(file, 0, "", f"Tệp có hơn {MAX_NODES} phần tử.")
        if depth > MAX_DEPTH:
            raise refuse(file, line_of(element), "", f"Phần tử lồng nhau quá {MAX_DEPTH} tầng.")
        # Before the values: reading them costs more than their number.
        if len(element.attrib) > MAX_ATTRIBUTES:
            raise refuse(file, line_of(element), "", f"Một phần tử có hơn {MAX_ATTRIBUTES} thuộc tính.")
        if max(len(text or "") for text in (element.text, element.tail, *element.attrib.values())) > MAX_TEXT:
            raise refuse(file, line_of(element), "", f"Một đoạn chữ dài quá {MAX_TEXT} ký tự.")
        stack.extend((child, depth + 1) for child in element)


def line_of(element: etree._Element) -> int:
    """Line on which the element starts, from 1."""
    return cast("int | None", element.sourceline) or 0


@cache
def _bpmn_schema() -> etree.XMLSchema:
    path = files("SpiffWorkflow") / "bpmn" / "parser" / "schema" / "BPMN20.xsd"
    return etree.XMLSchema(etree.parse(str(path)))


def schema_findings(file: str, root: etree._Element) -> list[Finding]:
    """Where the file departs from the BPMN 2.0 schema, one finding per place."""
    # One schema object serves all threads, and its error log belongs to the last call.
    with _SCHEMA_LOCK:
        schema = _bpmn_schema()
        if schema.validate(root):
            return []
        entries = [(entry.line, entry.message) for entry in list(schema.error_log)]  # type: ignore[call-overload]  # the stubs forget that the log is iterable
    return [Finding(file=file, line=line, element="", reason=_in_vietnamese(message)) for line, message in entries[:50]]


_PHRASES: Final = (
    (
        re.compile(r"Element '(?:\{[^}]*\})?([^']+)': This element is not expected.*", re.S),
        "phần tử <{0}> không được đứng ở đây hoặc viết sai tên",
    ),
    (
        re.compile(r"Element '(?:\{[^}]*\})?([^']+)': No matching global.*", re.S),
        "không có phần tử <{0}> trong BPMN 2.0",
    ),
    (
        re.compile(r"Element '(?:\{[^}]*\})?([^']+)', attribute '([^']+)': The attribute .* is not allowed.*", re.S),
        "phần tử <{0}> không có thuộc tính “{1}”",
    ),
    (
        re.compile(r"Element '(?:\{[^}]*\})?([^']+)': The attribute '([^']+)' is required but missing.*", re.S),
        "phần tử <{0}> thiếu thuộc tính “{1}”",
    ),
    (
        re.compile(
            r"Element '(?:\{[^}]*\})?([^']+)', attribute '([^']+)': '(.*)' is not a valid value .* 'xs:ID'.*", re.S
        ),
        "mã “{2}” đã dùng ở phần tử khác hoặc không đúng dạng",
    ),
    (
        re.compile(
            r"Element '(?:\{[^}]*\})?([^']+)'(?:, attribute '([^']+)')?: '(.*)' is not a valid value of.*", re.S
        ),
        "giá trị “{2}” không hợp lệ ở phần tử <{0}>",
    ),
    (re.compile(r"Element '(?:\{[^}]*\})?([^']+)': Missing child element.*", re.S), "phần tử <{0}> thiếu phần tử con"),
)


def _in_vietnamese(message: str) -> str:
    for pattern, phrase in _PHRASES:
        if found := pattern.match(message):
            return f"Sai lược đồ BPMN 2.0: {phrase.format(*found.groups())}."
    return f"Sai lược đồ BPMN 2.0: {message}"
