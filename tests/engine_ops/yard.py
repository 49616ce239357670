"""How is the engine tried on small diagrams? A city of eight units, a made-up model of a few lines, jobs done at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from engine.ports.process import Data
from engine.process import packs
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle
from engine.rules.dossiers import Dossier, Instance, WorkItem, WorkState
from engine.use_cases import cycles, tasks
from tests.factories import YEAR, Town

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="urn:test">\n'
)
TOML = """
[model]
name = "Mô hình thử"
source = "Kiểm thử"
lead_unit_kind = "city_union"

[[lane]]
id = "chi_doan"
name = "Chi đoàn"
unit_kind = "branch"
roles = ["secretary"]

[[lane]]
id = "co_so"
name = "Đoàn cơ sở"
unit_kind = "base_union"
roles = ["secretary", "officer"]

[[lane]]
id = "thanh_doan"
name = "Thành đoàn"
unit_kind = "city_union"
roles = ["officer"]

[[group]]
key = "all"
label = "Mọi đơn vị"
cohorts = ["residential", "enterprise", "school", "armed_forces"]
year_label = "năm {year}"

[[deadline]]
name = "report"
rule = "before"
day = 10
month = 11
year_offset = -1
label = "Báo cáo"
wording = "trước ngày {date}"
source = "mặc định của phần mềm"

[[deadline]]
name = "answer"
rule = "within"
n = 5
event = "ngày nhận"
label = "Trả lời"
wording = "trong 05 ngày"
source = "mặc định của phần mềm"

[reminders]
before = [3, 0]
after = [1]
hour = 8
"""
PROCESS = """
[[process]]
id = "{id}"
label = "{id}"
scope = "{scope}"
unit_kind = "{kind}"
{more}
"""
SHARED = packs.read_shared()


@dataclass(frozen=True)
class Drawn:
    """One process of a made-up model: who has it, and its diagram's content."""

    id: str
    kind: str
    body: str
    scope: str = "unit"
    more: str = ""


def model(*processes: Drawn, key: str = "may", toml: str = TOML, **files: str) -> CycleModel:
    """A model of these processes; messages `m_x`, signals `s_x`, errors and escalations are declared by their use."""
    text = toml + "".join(PROCESS.format(id=p.id, scope=p.scope, kind=p.kind, more=p.more) for p in processes)
    body = "".join(f'<process id="{p.id}" name="{p.id}" isExecutable="true">{p.body}</process>' for p in processes)
    names = sorted({piece.split('"', 1)[0] for piece in body.split('messageRef="')[1:]})
    signals = sorted({piece.split('"', 1)[0] for piece in body.split('signalRef="')[1:]})
    before = "".join(f'<message id="{name}" name="{name[2:]}"/>' for name in names)
    before += "".join(f'<signal id="{name}" name="{name[2:]}"/>' for name in signals)
    before += '<escalation id="e_1" name="leo" escalationCode="L"/>'
    made = {"model.toml": text.encode(), "cycle.bpmn": f"{HEAD}{before}{body}</definitions>".encode()}
    return packs.read_model(SHARED | made | {name: content.encode() for name, content in files.items()}, key)


def chain(*nodes: str) -> str:
    """Nodes one behind the other; a node is its id, or a whole element whose id comes first."""
    ids = [node.split('id="', 1)[1].split('"', 1)[0] if "<" in node else node for node in nodes]
    elements = "".join(node if "<" in node else f'<userTask id="{node}" name="Việc {node}"/>' for node in nodes)
    return elements + flows(*ids)


def flows(*ids: str) -> str:
    return "".join(f'<sequenceFlow id="{a}-{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairwise(ids))


def start(node: str = "s") -> str:
    return f'<startEvent id="{node}"/>'


def end(node: str = "e") -> str:
    return f'<endEvent id="{node}"/>'


def properties(values: Mapping[str, str]) -> str:
    if not values:
        return ""
    rows = "".join(f'<camunda:property name="{k}" value="{v}"/>' for k, v in values.items())
    return f"<extensionElements><camunda:properties>{rows}</camunda:properties></extensionElements>"


def throws(node: str, message: str, **values: str) -> str:
    return _event("intermediateThrowEvent", node, "message", message, values)


def catches(node: str, message: str, **values: str) -> str:
    return _event("intermediateCatchEvent", node, "message", message, values)


def begins(node: str, message: str) -> str:
    return _event("startEvent", node, "message", message, {})


def signals(node: str, signal: str, **values: str) -> str:
    return _event("intermediateThrowEvent", node, "signal", signal, values)


def hears(node: str, signal: str) -> str:
    return _event("intermediateCatchEvent", node, "signal", signal, {})


def waits(node: str, duration: str) -> str:
    timer = f"<timerEventDefinition><timeDuration>{duration}</timeDuration></timerEventDefinition>"
    return f'<intermediateCatchEvent id="{node}" name="{node}">{timer}</intermediateCatchEvent>'


def _event(element: str, node: str, kind: str, name: str, values: Mapping[str, str]) -> str:
    definition = f'<{kind}EventDefinition {kind}Ref="{kind[0]}_{name}"/>'
    return f'<{element} id="{node}" name="{node}">{properties(values)}{definition}</{element}>'


@dataclass
class Yard(Town):
    """A city in which one made-up model runs."""

    model: CycleModel | None = None
    season: Cycle | None = None
    said: list[str] = field(default_factory=list)

    def runs(self, made: CycleModel, **settings: bool | int | str) -> Yard:
        """Deploy the model and open its cycle."""
        self.model = made
        with self.open() as uow:
            uow.models.deploy(made, self.now)
            self.season = cycles.open_cycle(
                uow,
                made.key,
                YEAR,
                reading_confirmed=True,
                dispatch="1-CV/TĐ",
                settings=settings,
                actor=self._actor(uow, "TD", "officer"),
                now=self.now,
            )
        self.work_off()
        return self

    def the_dossiers(self, code: str) -> list[Dossier]:
        assert self.season is not None
        return [d for d in self.dossiers(code) if d.cycle_id == self.season.id]

    def instances(self, code: str, process: str | None = None) -> list[Instance]:
        """The unit's instances of the model's cycle."""
        ids = [d.id for d in self.the_dossiers(code)]
        with self.look() as uow:
            found = [i for dossier_id in ids for i in uow.instances.of_dossier(dossier_id)]
        return [i for i in found if process in (None, i.process)]

    def instance(self, code: str, process: str | None = None) -> Instance:
        (found,) = self.instances(code, process)
        return found

    def items(self, code: str) -> list[WorkItem]:
        """Open work of the unit's instances."""
        ids = {i.id for i in self.instances(code)}
        return [item for item in self.open_work(code) if item.instance_id in ids]

    def open_nodes(self, code: str) -> list[str]:
        return sorted(item.node for item in self.items(code))

    def do(self, code: str, node: str, **answers: Any) -> tasks.Done:
        """Complete the one open task of that node at the unit's dossiers."""
        (item,) = [item for item in self.items(code) if item.node == node]
        return self.completes(item, answers)

    def variables(self, code: str, process: str | None = None) -> Data:
        """What the instance keeps in mind, without what every instance has."""
        instance = self.instance(code, process)
        with self.look() as uow:
            definition = uow.models.definition(instance.version)
            step = uow.runtime.inspect(definition, instance.process, instance.blob)
        usual = {"year", "unit_code", "unit_name", "cohort", "group"}
        return {name: value for name, value in step.variables.items() if name not in usual}

    def events(self, code: str, *wanted: str) -> list[tuple[str, Mapping[str, object]]]:
        """Lines of the audit chain about the unit's dossiers: event and facts."""
        with self.look() as uow:
            lines = [e.line for d in self.the_dossiers(code) for e in uow.audit.of_dossier(d.id) if e.line]
        return [(line.event, dict(line.facts or {})) for line in lines if not wanted or line.event in wanted]

    def incidents(self) -> list[tuple[str, str]]:
        """Kind and reason of what waits for an administrator."""
        with self.look() as uow:
            return [(incident.kind, incident.reason) for incident in uow.incidents.open()]

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        from sqlalchemy import text

        with self.database.reader.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


OPEN = WorkState.OPEN
