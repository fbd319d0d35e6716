"""User, organisation and grants in one statement, kept for a second per process, by token for ten.

The copy is dropped at once in the process that changes an account (`store.revisions`, name
"accounts"), within a second in every other one. What changes without a revision, the session in
use, concerns nobody who comes with a token; a token that ends is not kept beyond its end.
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
from chengguan.store.prepared import fetch_all

REVISION = "accounts"
_FRESH_SECONDS = {"id": 1.0, "token": 10.0}
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


# How long what is asked for goes on (seconds), and what is asked for.
_BY = {
    "id": ("'infinity'::float8", "WHERE u.id = %s"),
    "token": (
        "coalesce(extract(epoch FROM t.expires_at - clock_timestamp()), 'infinity')::float8",
        (
            "JOIN accounts_apitoken t ON t.user_id = u.id WHERE t.digest = %s"
            " AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp())"
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """An account that may act: its row and its principal."""

    columns: tuple[Any, ...]
    principal: Principal

    def user(self) -> User:
        """Give a fresh `User`, so that no two requests share one object."""
        return User.from_db(connection.alias, _names(), self.columns)


#: (database, kind, value) → until when (monotonic seconds), at which revision, what.
_kept: dict[tuple[str, str, int | str], tuple[float, int, Loaded | None]] = {}


def by_id(user_id: int, *, fresh: bool = False) -> Loaded | None:
    """Load the account, None when there is none or it is off or locked.

    `fresh` asks the database whatever is kept.
    """
    return _load("id", user_id, fresh=fresh)


def by_token(digest: str) -> Loaded | None:
    """Load the account a living bearer token belongs to, None without one."""
    return _load("token", digest)


def forget() -> None:
    """Drop all copies; for tests and tools that write accounts behind the domain's back."""
    _kept.clear()


def _load(kind: str, value: int | str, *, fresh: bool = False) -> Loaded | None:
    key = (database_name(), kind, value)
    found = _kept.get(key)
    now = monotonic()
    revision = revisions.current(REVISION)
    if not fresh and found and now <= found[0] and found[1] == revision:
        return found[2]
    loaded, lives = _read(kind, value)
    if len(_kept) >= _KEPT:
        _kept.clear()
    # Nothing found is asked again soon: an account may be made or a token issued.
    kept = min(_FRESH_SECONDS[kind], lives) if loaded else _FRESH_SECONDS["id"]
    _kept[key] = (now + kept, revision, loaded)
    return loaded


def _read(kind: str, value: int | str) -> tuple[Loaded | None, float]:
    rows = fetch_all(_statement(kind), [value])
    if not rows:
        return None, 0.0
    *columns, path, grants, lives = rows[0]
    by_name = dict(zip(_names(), columns, strict=True))
    principal = Principal(
        user_id=by_name["id"],
        username=by_name["username"],
        name=by_name["name"],
        organisation_id=by_name["organisation_id"],
        organisation_path=path,
        grants=tuple(_held(grant) for grant in grants),
    )
    return Loaded(tuple(columns), principal), lives


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
def _statement(kind: str) -> str:
    columns = ", ".join(f'u."{field.column}"' for field in User._meta.concrete_fields)
    lives, condition = _BY[kind]
    # Column names come from the model, the rest from above.
    return (
        f"SELECT {columns}, o.path, {_GRANTS}, {lives} FROM accounts_user u"  # noqa: S608
        f" JOIN accounts_organisation o ON o.id = u.organisation_id {condition}"
        " AND u.is_active AND NOT u.locked"
    )
