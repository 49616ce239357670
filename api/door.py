"""Who guards the door? Passwords compared, tries counted, new passwords judged; for all pages where one proves oneself."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.limits import Limits
from api.passwords import Passwords
from api.texts import sentence
from engine.errors import Invalid
from engine.rules.passwords import check_password


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """The application's passwords and counters, for one visitor's address."""

    passwords: Passwords
    limits: Limits
    address: str


def keeper(request: Request) -> Keeper:
    """The keeper for this visitor."""
    address = request.client.host if request.client else ""
    return Keeper(passwords=request.app.state.passwords, limits=request.app.state.limits, address=address)


AtTheDoor = Annotated[Keeper, Depends(keeper)]


def refusal(password: str, username: str = "") -> str:
    """Why a new password is not taken, as a sentence; empty when it is."""
    try:
        check_password(password, username=username)
    except Invalid as refused:
        return " ".join(sentence(field.code, field.facts) for field in refused.fields.values())
    return ""
