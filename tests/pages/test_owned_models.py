"""A commune's own model: who deploys it, and who sees it? There and above; elsewhere nothing shows that it is there."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest
from fastapi.routing import APIRoute

from api.app import create_app
from api.rehearsing import stage_in
from engine.errors import NotFound
from engine.ports.store import NEW
from engine.process import packs
from engine.rules.cycle_models import CycleModel
from engine.rules.decisions import DecisionId
from engine.rules.distribution import Recipient, Way
from engine.rules.papers import plain_paper
from engine.rules.units import Unit
from engine.runner.holidays_seed import seed_calendar
from engine.use_cases import cycles, owning, surveys
from engine.use_cases.actors import actor_of
from engine.use_cases.rehearsal import city, year
from engine.use_cases.rehearsal.script import Script
from tests.documents import samples as papers
from tests.factories import people
from tests.models.test_owned_model import MADE_UP as OWNED
from tests.models.test_owned_model import WARD
from tests.models.test_twelfth_model import MADE_UP as OF_ALL
from tests.pages.town import Town, at, pass_time, text
from tests.store.samples import a_decision

#: Another ward, and what somebody there is all at once: nobody else there could be shown more.
NEIGHBOUR = "10525"
ALL_AT_ONCE = ("designer", "administrator", "auditor", "officer", "secretary", "clerk", "council")
KEY, NAME = OWNED.name, "Sân trường xanh"
OUTSIDE = ("10525.designer", None)
MORE_OUTSIDE = [
    pytest.param(name, marks=pytest.mark.long)
    for name in ("10525-officer", "10525-th01-head", "snnmt-officer", "stp-director", "mttq-chair")
]


@dataclass(frozen=True, slots=True)
class Ground:
    """The shared city with a model for all and one of the ward, both in their year."""

    town: Town
    owned: CycleModel
    places: dict[str, object]  #: what stands for the names in addresses


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """10 February 2027: both models wait for registrations. To be read only."""
    stage, now = stage_in(tmp_path_factory.mktemp("owned") / "du-lieu"), at(2027, 1, 4)
    stage.clock.walk_to(now)
    models = [packs.read_pack(folder) for folder in (OF_ALL, OWNED)]
    script = Script(raw=models[1].rehearsal, seed=1)
    with stage.house.open_uow() as uow:
        uow.calendar.put(seed_calendar(2025, 2028))
        city.found_shared(uow, script, models, 6, on=date(2025, 1, 1), now=now, owner=WARD)
        ward, neighbour = owning.named(uow, WARD), owning.named(uow, NEIGHBOUR)
        assert ward is not None
        assert neighbour is not None
        people(uow, ward, "designer")
        account = people(uow, neighbour, ALL_AT_ONCE[0])
        held = uow.accounts.positions(account.id)[0]
        for role in ALL_AT_ONCE[1:]:
            uow.accounts.add_position(replace(held, id=NEW, role=role))
        for model, owner in zip(models, (None, ward.id), strict=True):
            uow.models.deploy(model, now, owner)
    with stage.house.open_uow() as uow:
        year.open_year(uow, OF_ALL.name, 2027, year.opening(script), now=now)
        cycle = year.open_year(uow, KEY, 2027, year.opening(script), now=now)
        surveys.open_survey(uow, cycle.id, "hai-long", actor=year.officer(uow, ward, now=now), now=now)
    pass_time(stage.house, stage.clock, at(2027, 2, 10))
    with stage.house.read_uow() as uow:
        dossier = next(d for d in uow.dossiers.of_cycle(cycle.id) if d.cohort is not None)
        item = uow.queries.open_work(dossier.id)[0]
    places = {
        "cycle_id": cycle.id, "dossier_id": dossier.id, "item_id": item.id, "key": KEY, "model": KEY, "survey": "hai-long",
        "version": models[1].sha256, "milestone": "launch", "indicator": "trees", "unit_id": ward.id,
        "document": "bao-cao-nam", "node": "dang_ky", "sha256": "0" * 64,
    }  # fmt: skip
    yield Ground(Town(stage.house, stage.clock, create_app(stage.house), models[1]), models[1], places)
    stage.house.close()


def words_of(content: bytes) -> str:
    """What a page says; a workbook too."""
    if not content.startswith(b"PK"):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as read:
        return " ".join(read.read(name).decode("utf-8", "replace") for name in read.namelist())


def routes(town: Town, method: str = "GET") -> list[APIRoute]:
    """Every route of the application for this method."""
    found: list[APIRoute] = []

    def walk(nested: Iterable[object]) -> None:
        for route in nested:
            if isinstance(route, APIRoute) and method in route.methods:
                found.append(route)
            walk(getattr(getattr(route, "original_router", None), "routes", ()))

    walk(town.app.routes)
    return found


def names_in(route: APIRoute) -> set[str]:
    return {param.name for param in route.dependant.path_params}


def naming_pages(ground: Ground, person: str | None) -> set[str]:
    """Pages without a name in their address on which the ward's model is named to a person."""
    browser, found = ground.town.client(person), set()
    for route in routes(ground.town):
        if not names_in(route):
            seen = browser.get(route.path)
            assert seen.status < 500, (person, route.path)
            # What is hidden is missing from a page; it never takes the page with it.
            assert person is None or route.path not in ("/", "/viec") or seen.status == 200, (person, route.path)
            said = words_of(seen.content)
            if NAME in said or KEY in said:
                found.add(route.path)
    return found


def own_addresses(ground: Ground, method: str = "GET") -> list[str]:
    """Every address that can be made of what belongs to the ward's model."""
    own, places = {"cycle_id", "dossier_id", "item_id", "key", "model", "version"}, ground.places
    fitting = [r for r in routes(ground.town, method) if names_in(r) & own and names_in(r) <= set(places)]
    # A survey is called by a key of its own.
    surveyed = {"/chu-ky/{cycle_id}/khao-sat/{key}": "hai-long"}
    return [
        route.path_format.format(**(places | {"key": surveyed.get(route.path_format[:32], KEY)})) for route in fitting
    ]


def lines(ground: Ground) -> int:
    """How much was written down."""
    with ground.town.house.read_uow() as uow:
        return uow.admin.check_chain().length


def test_lists_name_it_at_its_owner_and_above(ground: Ground) -> None:
    reading = {"/", "/chi-tieu", "/chu-ky", "/chuong-trinh", "/vang-mat/moi"}
    expected = {
        "10532-officer": reading | {"/quy-trinh", "/chu-ky/moi", "/so-lieu"},
        "10532-th01-head": reading | {"/so-lieu"},
        "hp-auditor": reading | {"/quy-trinh", "/nhat-ky"},
    }
    assert {person: naming_pages(ground, person) for person in expected} == expected


@pytest.mark.parametrize("person", [*OUTSIDE, *MORE_OUTSIDE])
def test_no_list_names_it_elsewhere(ground: Ground, person: str | None) -> None:
    assert naming_pages(ground, person) == set()


@pytest.mark.parametrize("person", [*OUTSIDE, *MORE_OUTSIDE])
def test_no_address_leads_to_it_from_elsewhere(ground: Ground, person: str | None) -> None:
    browser = ground.town.client(person)
    answers = {path: browser.get(path) for path in own_addresses(ground)}
    assert len(answers) > 40
    refused = (403, 404) if person else (303, 401, 404)
    assert {path: seen.status for path, seen in answers.items() if seen.status not in refused} == {}
    assert [path for path, seen in answers.items() if NAME in words_of(seen.content)] == []


@pytest.mark.parametrize("person", [OUTSIDE[0], *MORE_OUTSIDE])
def test_nothing_can_be_done_to_it_from_elsewhere(ground: Ground, person: str) -> None:
    browser, before = ground.town.client(person), lines(ground)
    token = browser.csrf()
    headers = {"x-csrf-token": browser.client.get("/api/session").json()["csrf"]}
    answers = {
        path: browser.client.post(path, json={}, headers=headers).status_code
        if path.startswith("/api/")
        else browser.post(path, {"csrf": token}).status
        for path in own_addresses(ground, "POST")
    }
    assert len(answers) > 20
    # A machine's request that lacks something is refused before anybody looks who sent it.
    refused = {path: (403, 404, 422) if path.startswith("/api/") else (403, 404) for path in answers}
    assert {path: status for path, status in answers.items() if status not in refused[path]} == {}
    assert lines(ground) == before


def test_its_pages_say_whose_it_is(ground: Ground) -> None:
    for person, owned in (("10532-officer", True), ("hp-officer", True), ("10525-officer", False)):
        rows = [text(row) for row in ground.town.client(person).get("/quy-trinh").soup.select(".ck-row")]
        others = "Ngõ phố xanh Toàn thành phố 1 phiên bản 1 chu kỳ triển khai 04/01/2027"
        own = f"{NAME} Của: Phường Lê Thanh Nghị 1 phiên bản 1 chu kỳ triển khai 04/01/2027"
        assert sorted(rows) == ([others, own] if owned else [others])
    overview = ground.town.client("10532-officer").get(f"/quy-trinh/{KEY}")
    assert "Phạm vi Của: Phường Lê Thanh Nghị" in text(overview.soup.main)


def test_only_what_is_at_the_owner_takes_part(ground: Ground) -> None:
    with ground.town.house.read_uow() as uow:
        cycle = uow.cycles.find(KEY, 2027)
        assert cycle is not None
        taking = {uow.units.get(d.unit_id).code for d in uow.dossiers.of_cycle(cycle.id)}
        held = uow.surveys.find(cycle.id, "hai-long")
        assert held is not None
        asked = {uow.units.get(place.unit_id).code for place in uow.surveys.places(held.id)}
    schools = {f"{WARD}-TH0{n}" for n in (1, 2, 3)}
    assert (taking, asked) == ({WARD, *schools}, schools)


def zipped(folder: str, **changed: str) -> bytes:
    """The ward's model as an archive, in a folder of this name, with another name of the model if one is given."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for path in sorted(p for p in OWNED.rglob("*") if p.is_file()):
            content = path.read_text("utf-8")
            if path.name == "model.toml" and "name" in changed:
                content = content.replace(f'name = "{NAME}"', f'name = "{changed["name"]}"')
            written.writestr(f"{folder}/{path.relative_to(OWNED)}", content)
    return out.getvalue()


def test_designers_deploy_for_their_own_unit_and_those_below(ground: Ground, own: Callable[[Town], Town]) -> None:
    town = own(ground.town)

    def sent(person: str, content: bytes, owner: str = "") -> tuple[int, object]:
        client = town.client(person).client
        headers = {"accept": "application/json", "content-type": "application/zip"}
        headers["x-csrf-token"] = client.get("/api/session").json()["csrf"]
        answer = client.post(f"/api/packs?owner={owner}", content=content, headers=headers).json()
        said = (answer["key"], answer["new"], answer["owner"]) if "key" in answer else answer.get("detail", "")
        return answer.get("status", 200), said

    neighbour, ward = "10525.designer", "10532.designer"
    fixed = (
        f"Mã “{KEY}” đã là của một mô hình khác phạm vi. Phạm vi của một mô hình giữ nguyên qua mọi phiên bản: "
        "hãy đặt tên thư mục khác."
    )
    only_there = (
        "Chỉ người thiết kế mô hình hoặc người quản trị của Phường Lê Thanh Nghị, hay của cấp trên, "
        "mới được triển khai mô hình của đơn vị này."
    )
    newer, fresh = zipped(KEY, name="Sân trường xanh hơn"), zipped("vuon", name="Vườn trường")
    assert sent(ward, newer) == (200, (KEY, True, WARD))  # to whom it belongs, its next version belongs
    assert sent(ward, newer, WARD) == (200, (KEY, False, WARD))
    assert sent("hp-designer", newer, NEIGHBOUR) == (409, fixed)
    assert sent(neighbour, newer, NEIGHBOUR) == (409, fixed)
    assert sent(neighbour, fresh, WARD) == (403, only_there)
    assert sent(neighbour, fresh)[0] == 403  # for all: only at the top
    assert sent(ward, zipped("vuon"), WARD)[1] == (
        "Bộ tệp này giống hệt một mô hình đã triển khai dưới mã khác. Hãy sửa ít nhất tên mô hình trong model.toml."
    )
    assert sent("hp-designer", fresh, "STP")[1] == (
        "Mô hình do một đơn vị loại “Xã, phường, đặc khu” chủ trì, mà ở Sở Tư pháp thành phố Hải Phòng và các cấp "
        "trên không có đơn vị nào loại này; ở dưới thì không có, hoặc có nhiều hơn một. Hãy sửa lead_unit_kind trong "
        "model.toml hoặc chọn đơn vị khác."
    )
    assert sent("hp-designer", fresh, "KHONG-CO")[0] == 404
    assert sent(neighbour, fresh, NEIGHBOUR) == (200, ("vuon", True, NEIGHBOUR))
    found = {
        person: [(row["key"], row["owner_code"]) for row in town.client(person).client.get("/api/packs").json()]
        for person in (ward, neighbour, "hp-designer")
    }
    both, other, of_all = [(KEY, WARD), (KEY, WARD)], [("vuon", NEIGHBOUR)], [(OF_ALL.name, None)]
    assert found == {ward: both + of_all, neighbour: other + of_all, "hp-designer": other + both + of_all}


def test_a_designer_adds_a_model_of_their_own_unit_on_a_page(ground: Ground, own: Callable[[Town], Town]) -> None:
    town, new = own(ground.town), "/quy-trinh/them/mo-hinh"
    browser = town.client("10532.designer")
    assert browser.get(new).form(new)["don_vi"] == [WARD]

    def sent(content: bytes, owner: str, person: str = "10532.designer") -> tuple[int, list[str], set[str]]:
        files = {"tep_zip": ("tai-len.zip", content)}
        seen = town.client(person).post(new, {"don_vi": owner}, files=files)
        errors = [str(link["href"]) for link in seen.soup.select(".govuk-error-summary__list a")]
        return seen.status, errors, {link for link in seen.links() if link.startswith(f"/quy-trinh/{KEY}")}

    fresh = zipped("vuon", name="Vườn trường")
    assert sent(fresh, "") == (422, ["#don_vi"], set())
    assert sent(fresh, NEIGHBOUR) == (422, ["#don_vi"], set())
    assert sent(fresh, "STP", "hp-designer") == (409, ["#don_vi"], set())
    # A key that is taken leads to its model only those who may know of it.
    taken = zipped(KEY, name="Vườn khác")
    assert sent(taken, WARD) == (409, ["#ma"], {f"/quy-trinh/{KEY}", f"/quy-trinh/{KEY}/sua"})
    assert sent(taken, NEIGHBOUR, "10525.designer") == (409, ["#ma"], set())
    seen = browser.post(new, {"don_vi": "phuong le thanh nghi"}, files={"tep_zip": ("a.zip", fresh)})
    assert "Của: Phường Lê Thanh Nghị" in text(seen.soup.main)
    assert browser.post(new, seen.form(new) | {"viec": "trien-khai"}).status == 303
    with town.house.read_uow() as uow:
        owner = owning.owner_of(uow, "vuon")
        assert owner is not None
        assert owner.code == WARD
    assert town.client("10525.designer").get("/quy-trinh/vuon").status == 404


def hidden(town: Town, person: str) -> frozenset[str]:
    """What this person is not to know of."""
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username(person)
        assert account is not None
        return owning.hidden_from(uow, actor_of(uow, account, now=town.clock()))


def test_a_merged_owner_leaves_its_models_to_its_successor(ground: Ground, own: Callable[[Town], Town]) -> None:
    town = own(ground.town)
    people_there = ("10532-officer", "10525-officer", "snnmt-officer")
    before = [hidden(town, person) for person in people_there]
    with town.house.open_uow() as uow:
        ward, neighbour = owning.named(uow, WARD), owning.named(uow, NEIGHBOUR)
        assert ward is not None
        assert neighbour is not None
        uow.units.save(replace(ward, until_day=date(2027, 2, 28), successor_id=neighbour.id))
    assert before == [frozenset(), {KEY}, {KEY}]
    assert [hidden(town, person) for person in people_there] == [frozenset(), frozenset(), {KEY}]
    with town.house.read_uow() as uow:
        owner = owning.owner_of(uow, KEY)
        assert owner is not None
        assert (owner.code, owning.lead_of(uow, ground.owned).code) == (NEIGHBOUR, NEIGHBOUR)


def test_units_come_and_go_where_nobody_leads_for_the_time_being(ground: Ground, own: Callable[[Town], Town]) -> None:
    """Of a model that is the city's own there are many communes below it that could lead: none does."""
    town = own(ground.town)
    with town.house.open_uow() as uow:
        ward = owning.named(uow, WARD)
        assert ward is not None
        city_root = uow.units.path(ward.id)[-1]
        doubtful = replace(ground.owned, key="ca-thanh-pho", sha256="f" * 64)
        uow.models.deploy(doubtful, town.clock(), city_root.id)
        units = uow.units.all()
        assert (owning.leads(uow, doubtful), owning.taking_part(uow, doubtful, units)) == ([], units)
        found = cycles.parties(uow, doubtful, {}, lead=ward.id, year=2027, now=town.clock())
        assert ward in [unit for unit, spec, _ in found if spec.id == "xa"]
        with pytest.raises(NotFound):
            owning.lead_of(uow, doubtful)


def test_who_receives_a_document_reads_it_and_nothing_else(ground: Ground, own: Callable[[Town], Town]) -> None:
    town = own(ground.town)
    with town.house.open_uow() as uow:
        ward, neighbour = owning.named(uow, WARD), owning.named(uow, NEIGHBOUR)
        assert ward is not None
        assert neighbour is not None
        cycle = uow.cycles.find(KEY, 2027)
        assert cycle is not None
        dossier = next(d for d in uow.dossiers.of_cycle(cycle.id) if d.unit_id == ward.id)
        letter = a_decision(
            cycle_id=cycle.id, dossier_id=dossier.id, unit_id=ward.id, content={"paper": plain_paper(papers.decision())}
        )
        decision = uow.decisions.add(letter)
    path = f"/van-ban/{decision.id}"
    before = town.client(OUTSIDE[0]).get(path).status
    with town.house.open_uow() as uow:
        uow.distribution.add([to_unit(decision.id, neighbour)])
    reader = town.client(OUTSIDE[0])
    seen = reader.get(path)
    assert (before, seen.status, reader.get(f"/chu-ky/{cycle.id}").status) == (403, 200, 404)
    assert seen.links() & {f"/chu-ky/{cycle.id}", f"/ho-so/{dossier.id}"} == set()
    assert reader.post(f"{path}/da-nhan").status == 303


def to_unit(decision_id: DecisionId, unit: Unit) -> Recipient:
    """A row for a document that was sent to a unit inside."""
    return Recipient(
        id=NEW, decision_id=decision_id, number=1, name=unit.name, way=Way.INSIDE, unit_id=unit.id, address="",
        delivery_id=None, sent_at=None, reminded_at=None, received_at=None, received_on=None, received_by="",
        received_by_id=None,
    )  # fmt: skip


def test_a_unit_that_was_placed_elsewhere_still_sees_where_it_has_a_dossier(
    ground: Ground, own: Callable[[Town], Town]
) -> None:
    town = own(ground.town)
    with town.house.open_uow() as uow:
        school, neighbour = owning.named(uow, f"{WARD}-TH01"), owning.named(uow, NEIGHBOUR)
        assert school is not None
        assert neighbour is not None
        uow.units.save(replace(school, parent_id=neighbour.id))
    assert [hidden(town, p) for p in ("10532-th01-head", "10525-officer", "10525-th01-head")] == [
        frozenset(),
        frozenset(),
        {KEY},
    ]
    assert town.client("10525-officer").get("/viec").status == 200
