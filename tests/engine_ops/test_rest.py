"""What machines may do over REST: shapes of answers, refusals, and nobody reaches further than their unit."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.routes import processes
from engine.rules.cycle_models import CycleModel
from engine.use_cases import cycles
from engine.use_cases.actors import actor_of
from tests.api.houses import PEOPLE, Browser, Installation, found, give_password
from tests.engine_ops.yard import Drawn, catches, chain, end, model, start

FIRST = model(
    Drawn("con", "branch", chain(start(), catches("nghe", "tin"), "a", "b", end())),
    Drawn("cha", "base_union", chain(start("s2"), "c", end("e2"))),
)
SECOND = model(
    Drawn("con", "branch", chain(start(), catches("nghe", "tin"), "a", "giua", "b", end())),
    Drawn("cha", "base_union", chain(start("s2"), "c", end("e2"))),
)
TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:d">
<decision id="muc" name="Mức"><decisionTable><input id="i"><inputExpression id="e"><text>diem</text></inputExpression></input>
<output id="o" name="muc"/><rule id="r"><inputEntry id="a"><text>&gt;= 80.1</text></inputEntry><outputEntry id="b">
<text>diem * 3</text></outputEntry></rule></decisionTable></decision></definitions>"""
DIAGRAM = FIRST.files["cycle.bpmn"].decode()


class Machine:
    """A signed-in client that speaks JSON."""

    def __init__(self, browser: Browser, username: str) -> None:
        self.client = browser.client
        browser.sign_in(username)
        self.csrf = self.get("/api/session").json().get("csrf", "")

    def get(self, path: str) -> Any:
        return self.client.get(path, headers={"accept": "application/json"})

    def post(self, path: str, body: object = None, **more: Any) -> Any:
        headers = {"accept": "application/json", "x-csrf-token": self.csrf, **more.pop("headers", {})}
        if isinstance(body, bytes):
            return self.client.post(path, content=body, headers=headers)
        return self.client.post(path, json=body or {}, headers=headers)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = found(tmp_path)
    give_password(made, *(person.username for person in PEOPLE))
    yield made
    made.house.close()


@pytest.fixture
def admin(installation: Installation) -> Iterator[Machine]:
    with installation.browser() as browser:
        yield Machine(browser, "quantri")


def archive(made: CycleModel) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for name, content in made.files.items():
            written.writestr(f"may/{name}", content)
    return out.getvalue()


def opened(installation: Installation) -> int:
    """Open the cycle of 2027 on the latest version; its number."""
    house = installation.house
    with house.open_uow() as uow:
        actor = actor_of(uow, installation.account("thanhdoan"), now=house.clock())
        cycle = cycles.open_cycle(
            uow, "may", 2027, reading_confirmed=True, dispatch="1", settings={}, actor=actor, now=house.clock()
        )
    return int(cycle.id)


def test_diagrams_are_checked(admin: Machine) -> None:
    assert admin.post("/api/processes/validate", {"files": {"a.bpmn": DIAGRAM}}).json() == {"ok": True, "findings": []}
    bad = admin.post(
        "/api/processes/validate", {"files": {"a.bpmn": DIAGRAM.replace("userTask", "adHocSubProcess")}}
    ).json()
    assert (bad["ok"], bad["findings"][0].keys()) == (False, {"file", "line", "element", "reason", "warning"})


def test_diagrams_are_tried_and_tables_asked_with_exact_numbers(admin: Machine) -> None:
    tried = admin.post(
        "/api/processes/simulate", {"files": {"a.bpmn": DIAGRAM}, "starts": [{"process": "cha"}], "auto": True}
    )
    assert tried.json() == {"state": "completed", "completed": ["s2", "c", "e2"], "data": {}, "kind": "", "error": ""}
    asked = admin.post(
        "/api/processes/decide", {"files": {"t.dmn": TABLE}, "decision": "Mức", "inputs": {"diem": 80.1}}
    )
    assert asked.json() == {"value": 240.3}
    rejected = admin.post("/api/processes/simulate", {"files": {"a.bpmn": "<x"}}).json()
    assert (rejected["state"], "a.bpmn" in rejected["error"]) == ("rejected", True)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("simulate", b"{", "body"),
        ("simulate", b"[1]", "body"),
        ("simulate", b'{"starts": NaN}', "body"),
        ("simulate", b'{"horizon_s": 1e1000000000000000000000}', "body"),
        ("decide", b'{"inputs": {"diem": 1e999999999}}', "body"),
        ("simulate", b'{"model": "/etc/passwd"}', "model"),
        ("simulate", b"{}", "files"),
        ("decide", b'{"files": {"a.dmn": 5}}', "files.a.dmn"),
        ("validate", b'{"files": [], "x": 1}', "files"),
    ],
)
def test_requests_that_are_not_understood_are_refused_by_field(
    admin: Machine, path: str, body: bytes, field: str
) -> None:
    refused = admin.post(f"/api/processes/{path}", body, headers={"content-type": "application/json"})
    assert (refused.status_code, refused.headers["content-type"], field in refused.json()["errors"]) == (
        422,
        "application/problem+json",
        True,
    )


FORMS = [{"data": {"version": "may"}}, {"data": {"reason": "x"}, "files": {"tep": ("a.txt", b"a")}}]


@pytest.mark.parametrize("form", FORMS, ids=["urlencoded", "multipart"])
def test_forms_are_refused_in_words(admin: Machine, form: dict[str, Any]) -> None:
    headers = {"accept": "application/json", "x-csrf-token": admin.csrf}
    for path in (*BODIES, "/api/packs"):
        place = path.format(cycle_id=1, number=1)
        seen = admin.client.post(place, headers=headers, **form)
        wanted = "application/zip" if path == "/api/packs" else "application/json"
        said = f"Địa chỉ này không nhận biểu mẫu: hãy gửi nội dung với Content-Type là {wanted}."
        assert (path, seen.status_code, seen.json()["errors"]) == (path, 422, {"body": said})


def test_a_model_is_deployed_listed_compared_and_given_back(admin: Machine, installation: Installation) -> None:
    first = admin.post("/api/packs?name=may.zip", archive(FIRST), headers={"content-type": "application/zip"})
    assert (first.status_code, first.json()["version"], first.json()["new"]) == (201, FIRST.sha256, True)
    again = admin.post("/api/packs", archive(FIRST), headers={"content-type": "application/zip"})
    assert (again.status_code, again.json()["new"]) == (200, False)
    admin.post("/api/packs", archive(SECOND), headers={"content-type": "application/zip"})
    assert [row["version"] for row in admin.get("/api/packs").json()] == [SECOND.sha256, FIRST.sha256]
    changes = admin.get("/api/packs/diff?old=may@1&new=may").json()
    assert next(change["line"] for change in changes) == "+ bước giua “Việc giua”"
    given = admin.get(f"/api/packs/{FIRST.sha256[:10]}/export")
    with zipfile.ZipFile(BytesIO(given.content)) as read:
        beside = {n if n.startswith("_shared/") else f"may/{n}": c for n, c in FIRST.files.items()}
        assert {name: read.read(name) for name in read.namelist()} == beside
    assert installation.events().count("deployed") == 2
    refused = admin.post("/api/packs", b"PK nonsense", headers={"content-type": "application/zip"})
    assert (refused.status_code, refused.json()["title"]) == (422, "Mô hình có lỗi")
    assert admin.get("/api/packs/diff?old=may@9&new=may").status_code == 404


def test_running_processes_are_switched(admin: Machine, installation: Installation) -> None:
    admin.post("/api/packs", archive(FIRST), headers={"content-type": "application/zip"})
    cycle = opened(installation)
    admin.post("/api/packs", archive(SECOND), headers={"content-type": "application/zip"})
    tried = admin.post(f"/api/cycles/{cycle}/switch/try", {"version": "may"}).json()
    assert ([fit["fits"] for fit in tried["fits"]], tried["after"]) == ([True, True], None)
    begun = admin.post(f"/api/cycles/{cycle}/switch", {"version": "may", "reason": "Thêm bước"})
    assert (begun.status_code, begun.json()["state"]) == (202, "running")
    installation.house.work_off()
    report = admin.get(f"/api/switches/{begun.json()['id']}").json()
    assert (report["state"], report["counts"], {item["state"] for item in report["items"]}) == (
        "done",
        {"moved": 2},
        {"moved"},
    )
    admin.post(f"/api/switches/{begun.json()['id']}/undo", {"reason": "Nhầm"})
    installation.house.work_off()
    assert admin.get(f"/api/switches/{begun.json()['id']}").json()["counts"] == {"returned": 2}


def test_processes_are_looked_at_and_operated(admin: Machine, installation: Installation) -> None:
    admin.post("/api/packs", archive(FIRST), headers={"content-type": "application/zip"})
    cycle = opened(installation)
    (wait,) = admin.get("/api/dossiers/1/waits").json()
    assert (wait["kind"], wait["lines"][0]) == ("message", "con: chờ thông điệp “nghe”.")
    letter = {"name": "tin", "key": "CD", "message_id": "m1", "payload": {"so": 0.1}}
    assert admin.post(f"/api/cycles/{cycle}/messages", letter).json() == {"new": True}
    assert admin.post(f"/api/cycles/{cycle}/messages", letter).json() == {"new": False}
    installation.house.work_off()
    (wait,) = admin.get("/api/dossiers/1/waits").json()
    assert (wait["kind"], wait["node"], wait["people"]) == ("person", "a", ["Nguyễn Văn An"])
    moved = admin.post("/api/instances/1/move", {"token": wait["token"], "step": "b", "reason": "Bỏ qua"}).json()
    assert (moved["state"], "blob" in moved) == ("running", False)
    assert [
        admin.post(f"/api/instances/1/{act}", {"reason": "x"}).json()["state"]
        for act in ("suspend", "resume", "cancel")
    ] == [
        "suspended",
        "running",
        "ended",
    ]
    late = admin.post("/api/instances/1/suspend", {"reason": "x"})
    assert (late.status_code, late.json()["code"]) == (409, "instance_over")
    assert admin.post("/api/instances/1/suspend", {}).status_code == 422
    assert admin.post("/api/instances/99/suspend", {"reason": "x"}).status_code == 404
    assert (admin.get("/api/incidents").json(), admin.post("/api/incidents/retry", {"kind": "message"}).json()) == (
        [],
        [],
    )


@pytest.mark.parametrize("number", ["9" * 19, "9" * 400])
def test_a_number_that_no_row_can_have_is_the_address_of_nothing(admin: Machine, number: str) -> None:
    for path in ("/api/switches/{}", "/api/dossiers/{}/waits", "/chu-ky/{}", "/ho-so/{}/goi", "/nhap-so-lieu/may/{}"):
        assert (path, admin.get(path.format(number)).status_code) == (path, 404)


def test_a_post_without_the_token_and_a_stranger_are_refused(admin: Machine, installation: Installation) -> None:
    admin.csrf = ""
    assert admin.post("/api/processes/validate", {"files": {}}).json()["code"] == "stale_form"
    with installation.browser() as nobody:
        answers = [
            nobody.client.get("/api/packs"),
            nobody.client.get("/api/session"),
            nobody.client.post("/api/instances/1/cancel", json={"reason": "x"}),
        ]
    # Whoever is not signed in has no token either.
    assert [answer.status_code for answer in answers] == [401, 401, 401]


#: Who may: designers and administrators (models), those of the unit or above (its processes), administrators (incidents).
BODIES = {
    "/api/processes/validate": {"files": {}},
    "/api/processes/simulate": {"files": {"a.bpmn": DIAGRAM}},
    "/api/processes/decide": {"files": {"a.dmn": TABLE}},
    "/api/cycles/{cycle_id}/switch/try": {"version": "may"},
    "/api/cycles/{cycle_id}/switch": {"version": "may", "reason": "x"},
    "/api/cycles/{cycle_id}/messages": {"name": "n", "key": "k", "message_id": "m"},
    "/api/switches/{number}/undo": {"reason": "x"},
    "/api/instances/{number}/suspend": {"reason": "x"},
    "/api/instances/{number}/resume": {"reason": "x"},
    "/api/instances/{number}/cancel": {"reason": "x"},
    "/api/instances/{number}/move": {"token": "1", "step": "b", "reason": "x"},
    "/api/incidents/retry": {"kind": "message"},
}
OPEN = {"/api/session"}
#: A dossier's own people may see what it waits for.
READ_BY = {"/api/dossiers/{dossier_id}/waits": {"thanhdoan", "doancoso", "bithu"}}


def endpoints() -> list[tuple[str, str]]:
    return sorted((method, r.path) for r in processes.router.routes if isinstance(r, APIRoute) for method in r.methods)


@pytest.mark.parametrize("username", ["thanhdoan", "doancoso", "bithu"])
def test_nobody_without_the_role_reaches_anything(admin: Machine, installation: Installation, username: str) -> None:
    admin.post("/api/packs", archive(FIRST), headers={"content-type": "application/zip"})
    cycle = opened(installation)
    admin.post("/api/packs", archive(SECOND), headers={"content-type": "application/zip"})
    admin.post(f"/api/cycles/{cycle}/switch", {"version": "may@2", "reason": "x"})
    installation.house.work_off()
    before = installation.events()
    with installation.browser() as browser:
        machine = Machine(browser, username)
        before = installation.events()
        for method, path in endpoints():
            if path in OPEN or username in READ_BY.get(path, ()):
                continue
            place = path.format(cycle_id=cycle, number=1, dossier_id=1, version="may")
            place += "?old=may@1&new=may" if path.endswith("/diff") else ""
            answer = machine.get(place) if method == "GET" else machine.post(place, BODIES.get(path))
            assert (path, answer.status_code) == (path, 403)
    assert installation.events() == before


def test_everything_has_a_body_to_be_refused_with() -> None:
    bodiless = {"/api/packs", "/api/incidents/{number}/retry"}
    assert {path for method, path in endpoints() if method == "POST"} == {*BODIES, *bodiless}
