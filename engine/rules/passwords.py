"""Which passwords are taken? Long enough, and not among the first that anybody would try; nothing else is asked.

Source: OWASP ASVS 5.0, V6.2: at least 8 characters, no rules of composition, no forced change, common ones refused.
"""

import re

from engine.errors import FieldError, Invalid
from engine.rules.text import fold, nfc

SHORTEST, LONGEST = 8, 256
#: What people here put first, folded and without digits at either end.
_COMMON = frozenset(
    "admin administrator abc abcd abcdef abcdefgh anhyeuem baomat bimat changeme chao chuky chukychuky dangnhap dangky "
    "default doan doanthanhnien doanvien dragon emyeuanh football google haiphong hanoi hello hoangsa hochiminh hunter "
    "iloveyou khongbiet khongnho letmein login macdinh master matkhau matkhaumoi monkey newpassword pass password "
    "passw0rd princess qazwsx qwe qwert qwerty qwertyuiop saigon secret shadow sunshine superman test thanhdoan "
    "thanhnien thanhpho thuduc tinhyeu toiyeuvietnam trustno truongsa user vietnam vietnamvodich vodich welcome "
    "xahoichunghia xinchao yeuem zxcvbn zxcvbnm".split()
)
_ROWS = ("0123456789012345678", "9876543210987654321", "qwertyuiopasdfghjklzxcvbnm", "abcdefghijklmnopqrstuvwxyz")


def normal_password(text: str) -> str:
    """The password as it is hashed and compared: NFC, or one typed on another keyboard would not be the same."""
    return nfc(text)


def check_password(text: str, *, username: str, field: str = "password") -> None:
    """Refuse (`Invalid`, at `field`) what is too short or too long, or among the first guesses for this person."""
    password = normal_password(text)
    if len(password) < SHORTEST:
        raise Invalid({field: FieldError("password_short", {"limit": SHORTEST})})
    if len(password) > LONGEST:
        raise Invalid({field: FieldError("password_long", {"limit": LONGEST})})
    if _is_guessed_first(password, username):
        raise Invalid({field: FieldError("password_common", {})})


def _is_guessed_first(password: str, username: str) -> bool:
    plain = re.sub(r"[\W_]+", "", fold(password))
    core = plain.strip("0123456789")
    if len(set(plain)) <= 2 or any(plain in row for row in _ROWS):
        return True
    return core in _COMMON or _is_repeated(core) or (bool(core) and core == fold(username).strip("0123456789"))


def _is_repeated(core: str) -> bool:
    return any(core == part * (len(core) // len(part)) for part in (core[:n] for n in range(1, 5)) if part in _COMMON)
