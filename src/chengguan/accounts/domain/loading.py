"""User, organisation and grants in one statement, kept for at most a second per process.

The copy is dropped at once in the process that changes an account (`store.revisions`, name
"accounts"), within a second in every other one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from time import monotonic
from typing import Any

from django.db import connection

from chengguan.accounts.domain.principal import Held, Principal
from chengguan.accounts.models import User
from chengguan.store import revisions
from chengguan.store.database import database_name

REVISION = "accounts"
_FRESH_SECONDS = 1.0
_KEPT = 10_000

_GRANTS = """
    coalesce((
        SELECT json_agg(json_build_array(
            p.code, p.name, p.capabilities, h.id, h.path,
            CASE WHEN g.area_code <> '' OR p.by_unit THEN g.area_code ELSE h.area_code END,
            g.matters, g.valid_from, g.valid_to, p.by_unit, p.separate) ORDER BY g.id)
        FROM accounts_grant g
        JOIN accounts_post p ON p.id = g.post_id
        JOIN accounts_organisation h ON h.id = g.organisation_id
        WHERE g.user_id = u.id AND h.active
          AND (g.valid_to IS NULL OR g.valid_to >= current_date - 1)), '[]')
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An account that may act: its row and its principal."""

    columns: tuple[Any, ...]
    principal: Principal

    def user(self) -> User:
        """Give a fresh `User`, so that no two requests share one object."""
        return User.from_db(connection.alias, _names(), self.columns)


_kept: dict[tuple[str, str, int | str], tuple[float, int, Loaded | None]] = {}


def by_id(user_id: int, *, fresh: bool = False) -> Loaded | None:
    """Load the account, None when there is none or it is off or locked.

    `fresh` asks the database whatever is kept.
    """
    return _load("id", user_id, "u.id = %s", fresh=fresh)


def by_token(digest: str) -> Loaded | None:
    """Load the account a living bearer token belongs to, None without one."""
    return _load(
        "token",
        digest,
        "u.id = (SELECT t.user_id FROM accounts_apitoken t WHERE t.digest = %s"
        " AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now()))",
    )


def forget() -> None:
    """Drop all copies; for tests and tools that write accounts behind the domain's back."""
    _kept.clear()


def _load(kind: str, value: int | str, condition: str, *, fresh: bool = False) -> Loaded | None:
    key = (database_name(), kind, value)
    found = _kept.get(key)
    now = monotonic()
    revision = revisions.current(REVISION)
    if not fresh and found and now - found[0] <= _FRESH_SECONDS and found[1] == revision:
        return found[2]
    loaded = _read(condition, value)
    if len(_kept) >= _KEPT:
        _kept.clear()
    _kept[key] = (now, revision, loaded)
    return loaded


def _read(condition: str, value: int | str) -> Loaded | None:
    with connection.cursor() as cursor:
        cursor.execute(_statement(condition), [value])
        row = cursor.fetchone()
    if row is None:
        return None
    *columns, path, grants = row
    by_name = dict(zip(_names(), columns, strict=True))
    principal = Principal(
        user_id=by_name["id"],
        username=by_name["username"],
        name=by_name["name"],
        organisation_id=by_name["organisation_id"],
        organisation_path=path,
        grants=tuple(_held(grant) for grant in grants),
    )
    return Loaded(tuple(columns), principal)


def _held(grant: Sequence[Any]) -> Held:
    return Held(
        post=grant[0],
        post_name=grant[1],
        capabilities=frozenset(grant[2]),
        organisation_id=grant[3],
        organisation_path=grant[4],
        area_code=grant[5],
        matters=tuple(grant[6]),
        valid_from=date.fromisoformat(grant[7]),
        valid_to=date.fromisoformat(grant[8]) if grant[8] else None,
        by_unit=grant[9],
        separate=grant[10],
    )


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    return tuple(field.attname for field in User._meta.concrete_fields)


@lru_cache(maxsize=2)
def _statement(condition: str) -> str:
    columns = ", ".join(f'u."{field.column}"' for field in User._meta.concrete_fields)
    # Column names come from the model, the condition from the two callers above.
    return (
        f"SELECT {columns}, o.path, {_GRANTS} FROM accounts_user u"  # noqa: S608
        " JOIN accounts_organisation o ON o.id = u.organisation_id"
        f" WHERE {condition} AND u.is_active AND NOT u.locked"
    )
