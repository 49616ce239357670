"""Which mails does a month of the demo city bring? Exactly those that a careful officer would expect, word for word.

`CHUKY_NOW` is moved day by day, as somebody would who watches the city; a real mail server takes what the visitors are
told. When mails are changed on purpose, write the file anew with `CHUKY_WRITE_GOLDEN=1` and read the difference.
"""

from __future__ import annotations

import faulthandler
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from icalendar import Calendar

from api.demo import live
from api.settings import Settings, read_settings
from api.texts.words import day as written
from engine.rules.deadlines import ICT
from tests.support.mail import SmtpServer
from tests.support.plans import alone

GOLDEN = Path(__file__).parents[1] / "golden" / "thu-mot-thang.txt"
BEFORE, LAST = date(2026, 10, 14), date(2026, 11, 14)
UNITS = 10
#: Numbers of rows in addresses.
_NUMBER = re.compile(r"(?<=/viec/)[0-9]+|(?<=/ho-so/)[0-9]+")
#: Two years are lived first; the usual watchdog of a test would bite on a busy machine.
_PATIENCE = 3000


def settings_of(folder: Path, day: date, server: SmtpServer) -> Settings:
    return read_settings(
        data=folder,
        database_url="",
        demo=True,
        demo_password="mat-khau-thu-1",
        mail_host=server.host,
        mail_port=server.port,
        mail_security="none",
        now=datetime(day.year, day.month, day.day, 20, tzinfo=ICT),
    )


@pytest.mark.long
def test_a_month_brings_the_mails_that_a_careful_officer_expects(tmp_path: Path, smtp_server: SmtpServer) -> None:
    faulthandler.dump_traceback_later(_PATIENCE, exit=True)
    plan, day = replace(alone(), units=UNITS), BEFORE
    while day <= LAST:
        live(settings_of(tmp_path, day, smtp_server), plan=plan)
        day += timedelta(days=1)
    told = "\n".join(block for message in smtp_server.messages for block in read_aloud(message)) + "\n"
    if os.environ.get("CHUKY_WRITE_GOLDEN"):
        GOLDEN.write_text(told, "utf-8")
    assert told.splitlines() == GOLDEN.read_text("utf-8").splitlines()


def read_aloud(message: EmailMessage) -> Iterator[str]:
    """A mail as a person reads it: day, whom, subject, words, what lands in the calendar."""
    at = parsedate_to_datetime(str(message["Date"])).astimezone(ICT)
    yield f"═══ {written(at)} {at:%H:%M} → {str(message['To']).partition('@')[0]}"
    yield f"    {message['Subject']}"
    body = message.get_body(("plain",))
    assert body is not None
    for line in body.get_content().splitlines():
        yield f"  │ {_NUMBER.sub('…', line)}".rstrip()
    for part in message.iter_attachments():
        for event in Calendar.from_ical(part.get_content()).walk("VEVENT"):
            yield f"  ▸ lịch {written(event.decoded('DTSTART'))}: {event['SUMMARY']}"
    yield ""
