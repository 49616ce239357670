"""A city in which the made-up model's questionnaire can be asked, or is being asked."""

from dataclasses import dataclass
from pathlib import Path

from engine.process import packs
from engine.rules.cycles import CycleId
from engine.rules.units import Actor
from engine.use_cases import cycles, surveys
from engine.use_cases.actors import actor_of
from tests.pages.town import Town

TWELFTH = next(p for p in (Path(__file__).parents[1] / "models" / "packs").iterdir() if (p / "surveys").is_dir())
KEY = "y-kien"
OFFICER, SECRETARY = "thanhdoan", "bithu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A city with a cycle of the made-up model; `place` and `token` of the secretary's own branch, once it is held."""

    town: Town
    cycle: CycleId
    unit_name: str
    place: int = 0
    token: str = ""

    @property
    def path(self) -> str:
        """The page of the questionnaire."""
        return f"/chu-ky/{self.cycle}/khao-sat/{KEY}"

    @property
    def place_path(self) -> str:
        """The page of the branch's sheets."""
        return f"/phieu-khao-sat/{self.place}"


def ready(town: Town) -> Asking:
    """The cycle is open, the questionnaire is not held yet."""
    model = packs.read_model(packs.read_shared() | packs.read_folder(TWELFTH), TWELFTH.name)
    with town.house.open_uow() as uow:
        uow.models.deploy(model, town.clock())
        cycle = cycles.open_cycle(
            uow, model.key, 2027, reading_confirmed=True, dispatch="", settings={}, actor=actor(town, OFFICER), now=town.clock()
        )  # fmt: skip
        unit = uow.units.get(next(iter(actor(town, SECRETARY).units())))
    return Asking(town=town, cycle=cycle.id, unit_name=unit.name)


def held(town: Town) -> Asking:
    """The questionnaire is being asked in every branch, from today on."""
    asking = ready(town)
    with town.house.open_uow() as uow:
        today = town.clock().date()
        own = actor(town, OFFICER)
        opened = surveys.open_survey(uow, asking.cycle, KEY, first_day=today, actor=own, now=town.clock())
        unit = next(iter(actor(town, SECRETARY).units()))
        place = uow.surveys.place_of(opened.id, unit)
        assert place is not None
    return Asking(town=town, cycle=asking.cycle, unit_name=asking.unit_name, place=place.id, token=place.token)


def actor(town: Town, username: str) -> Actor:
    """Who signs in by this name."""
    with town.house.read_uow() as uow:
        account = uow.accounts.find_username(username)
        assert account is not None
        return actor_of(uow, account, now=town.clock())
