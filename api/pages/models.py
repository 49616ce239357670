"""Which models run here? Versions read-only: diagram, steps, dates with their sources, criteria, forms."""

from fastapi import APIRouter

router = APIRouter()
