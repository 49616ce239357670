"""How do last days come into a person's own calendar? As an iCalendar file of whole days (RFC 5545).

A last day is a whole day, without a time zone; its end is the day after. `UID` stays the same when a day moves, `SEQUENCE`
counts the moves, so a calendar shows one entry, not two. The library folds long lines at 75 octets.
"""

from collections.abc import Sequence
from datetime import UTC, timedelta

from icalendar import Alarm, Calendar, Event

from engine.ports.store import CalendarEntry

PRODUCT = "-//Chuky//Hạn việc//VI"
NAME = "Hạn việc Chuky"
ZONE = "Asia/Ho_Chi_Minh"
#: The alarm rings at nine in the morning of the day before; the day itself begins at midnight.
_ALARM = timedelta(hours=-15)
#: How often a calendar should look again.
_AGAIN = timedelta(hours=6)


def calendar_of(entries: Sequence[CalendarEntry], base_url: str, host: str, name: str = NAME) -> str:
    """A calendar of these days, CRLF and folded; `host` makes UIDs the installation's own.

    Both may be marks that are filled later.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", ZONE)
    calendar.add("refresh-interval", _AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for entry in entries:
        calendar.add_component(_event(entry, base_url, host))
    text: bytes = calendar.to_ical()
    return text.decode()


def _event(entry: CalendarEntry, base_url: str, host: str) -> Event:
    event = Event()
    event.add("uid", f"{entry.uid}@{host}")
    event.add("dtstamp", entry.stamp.astimezone(UTC))
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + timedelta(days=1))
    event.add("sequence", entry.sequence)
    title = f"Hạn cuối: {entry.name} – {entry.unit}" if entry.unit else f"Hạn cuối: {entry.name}"
    event.add("summary", f"Đã xong: {entry.name}" if entry.cancelled else title)
    event.add("description", base_url + entry.href)
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("url", base_url + entry.href)
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    if not entry.cancelled:
        event.add_component(_alarm(title))
    return event


def _alarm(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", _ALARM)
    return alarm
