"""The shipped posts, brought into the database; posts a city has changed are left as they are."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from django.db import transaction

from chengguan.accounts.domain.loading import REVISION
from chengguan.accounts.enums import Level
from chengguan.accounts.models import Post
from chengguan.store import revisions

_FILE = "posts.toml"


@transaction.atomic
def load_posts() -> list[Post]:
    """Create the shipped posts that do not exist yet; give all shipped ones."""
    wanted = list(shipped())
    known = set(Post.objects.values_list("code", flat=True))
    missing = [post for post in wanted if post.code not in known]
    if missing:
        Post.objects.bulk_create(missing, ignore_conflicts=True)
        revisions.bump(REVISION)
    return list(Post.objects.filter(code__in=[post.code for post in wanted]).order_by("code"))


def shipped() -> Iterator[Post]:
    """Give the posts of the shipped file, unsaved; further levels as `<code>_<level>`."""
    for code, said in _file().items():
        yield _post(code, said["name"], said.get("level", Level.DISTRICT), said)
        for level, name in said.get("levels", {}).items():
            yield _post(f"{code}_{level}", name, level, said)


def _post(code: str, name: str, level: str, said: dict[str, Any]) -> Post:
    return Post(
        code=code,
        name=name,
        level=Level(level),
        capabilities=list(said["capabilities"]),
        by_unit=said.get("by_unit", False),
        separate=said.get("separate", ""),
    )


@cache
def _file() -> dict[str, Any]:
    text = resources.files("chengguan.accounts").joinpath("data", _FILE).read_text("utf-8")
    return tomllib.loads(text)
