"""People for tests: organisations, posts and users, made plainly through the ORM."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from chengguan.accounts.domain import loading
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.models import Grant, Organisation, Post, User

_number = count(1)
ALWAYS = date(2000, 1, 1)


def organisation(
    name: str = "城管局", parent: Organisation | None = None, **columns: Any
) -> Organisation:
    """Make an organisation below `parent`, with its path."""
    made = Organisation.objects.create(
        code=columns.pop("code", f"T{next(_number):05d}"),
        name=name,
        kind=columns.pop("kind", "department"),
        parent=parent,
        **columns,
    )
    made.path = f"{parent.path if parent else '/'}{made.pk}/"
    made.save(update_fields=["path"])
    return made


def post(*capabilities: str, **columns: Any) -> Post:
    """Make a post with these capabilities."""
    number = next(_number)
    return Post.objects.create(
        code=columns.pop("code", f"post{number}"),
        name=columns.pop("name", f"岗位{number}"),
        capabilities=list(capabilities),
        **columns,
    )


def person(name: str = "爱丽丝", at: Organisation | None = None, **columns: Any) -> User:
    """Make a user without posts; the password is unusable unless given as `password`."""
    password = columns.pop("password", None)
    user = User(
        username=columns.pop("username", f"user{next(_number)}"),
        name=name,
        organisation=at or organisation(),
        **columns,
    )
    user.set_password(password)
    user.save()
    return user


def grant(user: User, held: Post, **columns: Any) -> Grant:
    """Give `user` a post, since 2000 and without end unless said."""
    columns.setdefault("organisation", user.organisation)
    columns.setdefault("valid_from", ALWAYS)
    made = Grant.objects.create(user=user, post=held, **columns)
    loading.forget()
    return made


def somebody(*capabilities: str, at: Organisation | None = None, **columns: Any) -> Principal:
    """Make a user with one post of these capabilities, and give the principal."""
    by_unit = columns.pop("by_unit", False)
    user = person(at=at)
    grant(user, post(*capabilities, by_unit=by_unit), **columns)
    return principal_of(user)
