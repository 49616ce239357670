"""Who holds which position of a unit? Appointing, ending, handing over, accounts in bulk, slips for the first sign-in."""

from fastapi import APIRouter

router = APIRouter()
