"""Is a password taken that nobody would try first, and nothing else asked of it?"""

import pytest

from engine.errors import Invalid
from engine.rules.passwords import check_password, normal_password


def refusal(password: str, username: str = "bithu") -> str:
    """The code of the refusal; empty when the password is taken."""
    try:
        check_password(password, username=username)
    except Invalid as refused:
        return refused.fields["password"].code
    return ""


@pytest.mark.parametrize("password", ["hoa phượng", "Đồ Sơn 1955", "xk3Qp0ab", "một hai ba bốn", "x" * 50 + "ab c"])
def test_ordinary_good_passwords_are_taken(password: str) -> None:
    assert refusal(password) == ""


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_short"),
        ("ngắn thô", ""),
        ("1234567", "password_short"),
        ("a" * 257, "password_long"),
        ("12345678", "password_common"),
        ("87654321", "password_common"),
        ("aaaaaaaa", "password_common"),
        ("abababab", "password_common"),
        ("qwertyui", "password_common"),
        ("matkhau123", "password_common"),
        ("Mật khẩu 1", "password_common"),
        ("Vietnam2026", "password_common"),
        ("123456Abc!", "password_common"),
        ("Đoàn viên 2026", "password_common"),
        ("bithu2026", "password_common"),
        ("BiThu@1234", "password_common"),
        ("chukychuky1", "password_common"),
    ],
)
def test_first_guesses_are_refused(password: str, code: str) -> None:
    assert refusal(password) == code


def test_length_is_counted_in_letters_as_people_see_them() -> None:
    decomposed = "be\u0302\u0301 bo\u031b\u0309n"
    assert (len(decomposed), len(normal_password(decomposed)), refusal(decomposed)) == (10, 6, "password_short")
