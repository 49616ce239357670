"""Pages for people, one module a group of screens; which routers there are.

Every page of `ROUTERS` is for people who are signed in; those of `OPEN_ROUTERS` are for everybody. In both, the token of
every form that is sent is compared before the page's own code runs.
"""

from fastapi import APIRouter

from api.pages import (
    accounts,
    administration,
    audit,
    checking,
    cycle_lists,
    cycle_members,
    cycle_opening,
    cycles,
    decisions,
    dossiers,
    forgotten,
    home,
    inbox,
    incidents,
    legal_bases,
    models,
    notices,
    outbox,
    own_account,
    own_notices,
    own_password,
    positions,
    prints,
    redating,
    sign_in,
    tasks,
    unit_changes,
    unit_lists,
    unit_tree,
    units,
    working_days,
)

OPEN_ROUTERS: tuple[APIRouter, ...] = (sign_in.router, forgotten.router, checking.router, own_notices.open_router)
ROUTERS: tuple[APIRouter, ...] = (
    own_password.router,
    home.router,
    inbox.router,
    tasks.router,
    dossiers.router,
    prints.router,
    cycles.router,
    cycle_lists.router,
    cycle_members.router,
    cycle_opening.router,
    redating.router,
    decisions.router,
    unit_tree.router,
    units.router,
    unit_lists.router,
    unit_changes.router,
    accounts.router,
    positions.router,
    own_account.router,
    notices.router,
    own_notices.router,
    administration.router,
    working_days.router,
    legal_bases.router,
    incidents.router,
    outbox.router,
    audit.router,
    models.router,
)
