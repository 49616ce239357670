"""Who did what? The audit log with its search and the check of its chain."""

from fastapi import APIRouter

router = APIRouter()
