"""Can the paper of a task be made? What its template names must be there when the form is handed in."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from engine.ports.process import Node
from engine.rules.cycle_models import CycleModel, Json
from engine.use_cases import places
from engine.use_cases.drafting import PLACEHOLDER, ROWS, WORDS, Template
from engine.use_cases.printing import MOMENT
from engine.use_cases.wording import columns_of, properties

_FILLED = (
    "organisation",
    "superior",
    "title",
    "subject",
    "decider",
    "paragraphs",
    "articles",
    "first_grounds",
    "grounds",
    "addressees",
    "recipients",
)


def check_paper(model: CycleModel, node: Node) -> Iterator[str]:
    """What is wrong with the paper that a user task names, each as a sentence."""
    key = node.properties.get("document", "")
    if key not in model.documents:
        return
    form, fields = Template(key=key, raw=model.documents[key]), properties(model.forms.get(node.form_key or "", {}))
    yield from _about(form, fields, WORDS | set(MOMENT), {})
    if unless := form.unless():
        options = fields.get(unless[0], {}).get("oneOf", ())
        if unless[1] not in [o.get("const") for o in options if isinstance(o, Mapping)]:  # type: ignore[union-attr]
            yield f"documents/{key}.toml: “unless” nêu câu hỏi “{unless[0]}” hoặc câu trả lời “{unless[1]}” không có trong biểu mẫu."


def check_draft(model: CycleModel, node: Node) -> Iterator[str]:
    """What is wrong with the document that a service task drafts, each as a sentence."""
    key = node.properties.get("document", "")
    if key not in model.documents or node.properties.get("operation") != "draft_decision":
        return
    form = Template(key=key, raw=model.documents[key])
    for answers in form.answers():
        if answers not in model.forms:
            yield f"documents/{key}.toml: không có biểu mẫu “{answers}” (answers)."
            return
    schemas = [properties(model.forms[answers]) for answers in form.answers()]
    yield from _about(form, {name: spec for fields in schemas for name, spec in fields.items()}, WORDS, ROWS)


def _about(
    form: Template,
    fields: Mapping[str, Mapping[str, Json]],
    words: AbstractSet[str],
    lists: Mapping[str, tuple[str, ...]],
) -> Iterator[str]:
    key, known = form.key, {*words, *fields, *form.counts()}
    for name in sorted(set(PLACEHOLDER.findall(" ".join(_texts(form)))) - known):
        yield f"documents/{key}.toml: chỗ điền {{{name}}} không có trong biểu mẫu, số liệu đếm hay dữ kiện của phần mềm."
    for name, count in form.counts().items():
        table = str(count.get("rows", ""))
        columns = columns_of(fields.get(table, {}))
        for column in (str(count[part]) for part in ("column", "sum") if part in count):
            if column not in columns:
                yield f"documents/{key}.toml: số liệu “{name}” cần cột “{column}” của bảng “{table}” trong biểu mẫu."
    for annex in form.annexes():
        table = str(annex.get("rows", ""))
        listed = places.COLUMNS if places.is_ranking(table) else lists.get(table, ())
        given = {"number", *columns_of(fields.get(table, {})), *listed}
        for column in _keys(annex):
            if column not in given:
                yield f"documents/{key}.toml: phụ lục cần cột “{column}” của bảng “{table}” trong biểu mẫu."


def _texts(form: Template) -> Iterator[str]:
    head = form.raw.get("document", {})
    for value in (head.get(name) for name in _FILLED) if isinstance(head, Mapping) else ():
        yield from map(str, value) if isinstance(value, Sequence) and not isinstance(value, str) else [str(value)]
    for table in (*form.annexes(), *form.signatures()):
        yield from (value for value in table.values() if isinstance(value, str))


def _keys(annex: Mapping[str, Json]) -> list[str]:
    listed = annex.get("columns", ())
    specs = [c for c in listed if isinstance(c, Mapping)] if isinstance(listed, Sequence) else []
    return [str(spec.get("key")) for spec in specs]
