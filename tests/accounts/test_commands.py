"""The console's way back in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.people import person
from chengguan.accounts.management.commands import set_password
from chengguan.accounts.models import User
from chengguan.audit.models import Entry

pytestmark = pytest.mark.django_db


def typing(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    typed: Iterator[str] = iter(words)
    monkeypatch.setattr(set_password, "getpass", lambda _: next(typed))


def test_it_sets_a_password_that_must_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    person(username="chief")
    typing(monkeypatch, "Xiangzhang-88-lu", "Xiangzhang-88-lu")
    call_command("set_password", "chief", verbosity=0)
    user = User.objects.get(username="chief")
    assert user.check_password("Xiangzhang-88-lu")
    assert user.must_change_password
    entry = Entry.objects.get(action="accounts.password_reset")
    assert (entry.actor, entry.subject_id) == ("服务器控制台", "chief")


@pytest.mark.parametrize(
    ("username", "words", "said"),
    [
        ("nobody", (), "没有账号"),
        ("chief", ("Xiangzhang-88-lu", "Xiangzhang-88-lv"), "不一致"),
        ("chief", ("weak", "weak"), "至少"),
    ],
)
def test_what_is_wrong_is_said(
    monkeypatch: pytest.MonkeyPatch, username: str, words: tuple[str, ...], said: str
) -> None:
    person(username="chief")
    typing(monkeypatch, *words)
    with pytest.raises(CommandError, match=said):
        call_command("set_password", username)
    assert Entry.objects.count() == 0
