"""JSON for machines, one module a subject."""

from fastapi import APIRouter

from api.routes import health, processes

OPEN_ROUTERS: tuple[APIRouter, ...] = (health.router,)
#: For those who are signed in; a POST carries its session's token.
ROUTERS: tuple[APIRouter, ...] = (processes.router,)
