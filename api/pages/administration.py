"""What does the administrator look after? Calendar, legal bases, incidents, mails that did not leave."""

from fastapi import APIRouter

router = APIRouter()
