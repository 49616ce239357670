"""What does a diagram say, once drawing, vendor dialects and defaults are taken away?

These values are the one description of a diagram: lint judges them, the door to the library
compiles them, the drawing takes its shapes from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What an event catches or throws; `kind` none stands for an event without definition."""

    kind: str = "none"  #: none message signal timer error escalation terminate, or the refused BPMN name
    name: str = ""  #: message or signal name; error or escalation code, empty catches every code
    timer: str = ""  #: date, duration or cycle
    text: str = ""  #: the timer's expression as written
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """How often an activity is done: several instances, or again and again."""

    kind: str  #: parallel, sequential (multi-instance) or standard (a loop)
    cardinality: str = ""
    collection: str = ""  #: expression that gives the list
    item: str = ""  #: name of the variable that holds an instance's element
    output_collection: str = ""  #: variable that collects what each instance leaves
    output_item: str = ""  #: expression or variable, evaluated at the end of each instance
    completion: str = ""
    first: int = 0  #: what `loopCounter` is for the first instance  #: once true, the remaining instances are cancelled
    condition: str = ""  #: a standard loop goes on while it is true
    test_before: bool = False
    maximum: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One variable handed into or out of an activity: `target` becomes the value of `source`."""

    source: str  #: expression; empty with `everything`
    target: str
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A sequence flow; `id` is made from its place when the author gave none."""

    id: str
    name: str
    source: str
    target: str
    condition: str | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A flow node with everything that execution, drawing and people need to know of it."""

    id: str
    kind: str  #: BPMN element name
    name: str
    scope: str | None  #: id of the sub-process around it, None directly in the process
    line: int
    lane: str | None = None
    event: Event = field(default_factory=Event)
    extra_events: int = 0  #: event definitions beyond the first
    attached_to: str | None = None
    interrupting: bool = True  #: cancelActivity of a boundary event, isInterrupting of a start event
    triggered_by_event: bool = False
    parallel_gateway_events: bool = False  #: an event-based gateway that waits for all, or starts processes
    compensation: bool = False
    default: str | None = None
    called: str = ""
    loop: Loop | None = None
    script: str = ""
    result: str = ""  #: variable that takes the result of a decision or script
    decision: str = ""
    decision_result: str = ""  #: how a decision's result is handed over (camunda:mapDecisionResult)
    operation: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Handover, ...] = ()
    outputs: tuple[Handover, ...] = ()
    form_key: str | None = None
    due_date: str | None = None
    assignee: str | None = None
    candidate_groups: tuple[str, ...] = ()
    documentation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    id: str
    name: str
    parent: str | None
    scope: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process of a file: nodes and flows in document order."""

    id: str
    name: str
    file: str
    line: int
    executable: bool | None  #: None when the author did not say
    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    lanes: Mapping[str, Lane]
    data_objects: tuple[str, ...]
    documentation: str
    asks: Mapping[str, str] = field(default_factory=dict)  #: what every call must give, and what it is, for people
    options: Mapping[str, str] = field(default_factory=dict)  #: what a call may leave out


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A pool; `process` None is a black box."""

    id: str
    name: str
    process: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFlow:
    id: str
    name: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A drawn box: position and size in diagram units."""

    element: str
    x: float
    y: float
    width: float
    height: float
    plane: str = ""  #: element of the page it is drawn on
    horizontal: bool = True  #: of a pool or lane
    expanded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A drawn line through its way points."""

    element: str
    points: tuple[tuple[float, float], ...]
    plane: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """One BPMN file."""

    file: str
    processes: tuple[Process, ...]
    participants: tuple[Participant, ...]
    message_flows: tuple[MessageFlow, ...]
    shapes: Mapping[str, Shape]
    edges: Mapping[str, Edge]
    artifacts: Mapping[str, str]  #: text annotations and groups by id, with their text
