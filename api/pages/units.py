"""Which units are there, and how does one stand? The tree, search, and one unit with its people, titles and results."""

from fastapi import APIRouter

router = APIRouter()
