"""The demo district: 上海临港's published data, the national catalogue, and made-up people.

Reading the accounts imports nothing heavy; loading imports what it needs when it begins.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chengguan.config.paths import ROOT

#: Public on purpose, and only ever given to accounts marked as made up; `doctor` warns of them.
PASSWORD: Final = "Lingang-Yanshi-2026"  # noqa: S105
FILES: Final = ROOT / "data" / "demo"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One account to sign in with; `post` is the Chinese name of the post it holds."""

    post: str
    username: str
    password: str


def load(progress: Callable[[str], None], *, life: bool = True) -> bool:
    """Bring the demo district into the database; what is there already stays as it is.

    Says whether anything was missing. With `life` ninety made-up days are lived there, marked 模拟
    wherever they show. Every step is one transaction: a load that was killed goes on with the step
    it died in.
    """
    from .steps import run

    return run(progress, life=life)


def accounts() -> list[DemoAccount]:
    """Give one account for each post, in the order of the loop."""
    with (FILES / "people.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["演示账号"] == "是"]
    return [DemoAccount(row["岗位名称"], row["账号"], PASSWORD) for row in rows]


def open_accounts() -> int:
    """Count made-up accounts that somebody can sign in with; on a real system there are none."""
    from chengguan.accounts.models import User

    open_ = User.objects.filter(made_up=True, is_active=True, locked=False)
    return open_.exclude(password="").exclude(password__startswith="!").count()  # noqa: S106
