"""How are dates, instants and figures written for people in Vietnam?

All instants are shown in Asia/Ho_Chi_Minh; numbers as 1.234,5; nothing here depends on a locale of the machine.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from engine.rules.text import date_in_words, number_text, short_date

ICT = ZoneInfo("Asia/Ho_Chi_Minh")
#: Days before the last day from which a thing is called urgent.
SOON = 7
#: A named day lies within so many days of the last valid one; what is farther is a transitional cycle.
FAR = 60


def as_day(moment: date | datetime) -> date:
    """The day in Vietnam of a date or an aware instant."""
    return moment.astimezone(ICT).date() if isinstance(moment, datetime) else moment


def day(moment: date | datetime | str | None) -> str:
    """Write dd/mm/yyyy; ISO dates (answers of forms) are read first, None gives an empty text."""
    if moment is None or moment == "":
        return ""
    if isinstance(moment, str):
        try:
            moment = date.fromisoformat(moment)
        except ValueError:
            return str(moment)
    return short_date(as_day(moment))


def long_day(moment: date | datetime) -> str:
    """Write "ngày 09 tháng 11 năm 2026"."""
    return date_in_words(as_day(moment))


def instant(moment: datetime | None) -> str:
    """Write "14:05 ngày 09/11/2026"."""
    return "" if moment is None else f"{clock(moment)} ngày {short_date(as_day(moment))}"


def clock(moment: datetime) -> str:
    """Write "14:05"."""
    return moment.astimezone(ICT).strftime("%H:%M")


def number(value: Decimal | float | None, places: int | None = None) -> str:
    """Write 1.234,5; `places` rounds half up; None gives an empty text."""
    if value is None:
        return ""
    exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    return number_text(exact, places=places)


def money(value: Decimal | int | None) -> str:
    """Write 4.180.000.000 ₫."""
    return "" if value is None else f"{number(value)} ₫"


def percent(part: Decimal | float, whole: Decimal | float | None = None, places: int = 1) -> str:
    """Write 31,2%: `part` is the percentage, or a count of `whole`; of nothing it is "–"."""
    if whole is None:
        share = Decimal(str(part))
    elif not whole:
        return "–"
    else:
        share = Decimal(str(part)) * 100 / Decimal(str(whole))
    rounded = share.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    whole_number = rounded == rounded.to_integral_value()
    return f"{number_text(rounded, places=0 if whole_number else places)}%"


def file_size(size: int) -> str:
    """Write 1,4 MB; a kilobyte is 1024 bytes, as people see it in their file manager."""
    if size < 1024:
        return f"{size} byte"
    if size < 1024 * 1024:
        return f"{number(Decimal(size) / 1024, 0)} KB"
    megabytes = (Decimal(size) / (1024 * 1024)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"{number_text(megabytes).removesuffix(',0')} MB"


def due(last_day: date | None, now: date | datetime, lenient_until: date | None = None) -> str:
    """Say how long is left until the last valid day: "Còn 2 ngày", "Hôm nay", "Quá hạn 3 ngày".

    Up to `lenient_until` nobody is called late: on the day that "trước ngày" names the reading may still be open, and in
    a transitional cycle nothing is late.
    """
    if last_day is None:
        return "Không thời hạn"
    today = as_day(now)
    left = (last_day - today).days
    if left < 0 and lenient_until is not None and today <= lenient_until:
        day_only = (lenient_until - last_day).days < FAR
        return f"Ngày {today.day}/{today.month}: chờ xác nhận cách tính" if day_only else "Không tính muộn"
    if left < 0:
        return f"Quá hạn {-left} ngày"
    return "Hôm nay" if left == 0 else f"Còn {left} ngày"


def named_day_waits(day_named: date) -> str:
    """Say of a submission that it came on the day that "trước ngày" names, and is not judged yet."""
    return f"nộp đúng ngày {day_named.day}/{day_named.month}, chờ xác nhận cách tính"


def as_date(value: object) -> date:
    """A day of the audit log, where days are texts, or a date as it is."""
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def due_tone(last_day: date | None, now: date | datetime, lenient_until: date | None = None) -> str:
    """How a deadline is painted: late, warn (a week or less), quiet."""
    if last_day is None:
        return "quiet"
    left = (max(last_day, lenient_until or last_day) - as_day(now)).days
    if as_day(now) > last_day and left >= 0:
        return "warn"
    return "late" if left < 0 else "warn" if left <= SOON else "quiet"


def since(moment: datetime, now: datetime) -> str:
    """Say how long ago something happened: "vừa xong", "5 phút trước", "3 giờ trước", "2 ngày trước", else the date."""
    seconds = (now - moment).total_seconds()
    if seconds < 60:
        return "vừa xong"
    if seconds < 3600:
        return f"{int(seconds // 60)} phút trước"
    if seconds < 86400:
        return f"{int(seconds // 3600)} giờ trước"
    return f"{int(seconds // 86400)} ngày trước" if seconds < 7 * 86400 else day(moment)
