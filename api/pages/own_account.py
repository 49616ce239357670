"""Where am I signed in? The own account with its sessions and positions."""

from fastapi import APIRouter

router = APIRouter()
