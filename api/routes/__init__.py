"""JSON for machines, one module a subject."""

from fastapi import APIRouter

from api.routes import health

OPEN_ROUTERS: tuple[APIRouter, ...] = (health.router,)
