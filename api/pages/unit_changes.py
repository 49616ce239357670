"""How are units changed? Many at once from a list, a new name, one merged into another or dissolved."""

from fastapi import APIRouter

router = APIRouter()
