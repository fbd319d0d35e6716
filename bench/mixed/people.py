"""The accounts of the mixed load, made in the database in use: posts, passwords, tokens."""

from __future__ import annotations

import random
import secrets
from io import BytesIO
from typing import Any, Final

from ..world import COLUMNS, DISTRICT, EAST, NORTH, SINCE, SOUTH, WEST, World
from .plan import Plan, Role
from .roster import City, Person

#: Nobody's post in the shipped list: residents have no accounts there yet, so the bench makes one.
_CITIZEN: Final = {"code": "citizen", "name": "居民", "capabilities": ["cases.report"]}


def settle(plan: Plan, world: World) -> tuple[list[Person], str]:
    """Make everybody's account; gives the people and the password they share.

    One hash serves all: what a sign-in costs is to check it, and that is done for each.
    """
    from django.contrib.auth.hashers import make_password
    from django.db import transaction
    from django.utils import timezone

    from chengguan.accounts.models import Organisation, User
    from chengguan.store import revisions

    password = secrets.token_urlsafe(18) + "Aa1"
    encoded, now = make_password(password), timezone.now()
    organisations = {one.pk: one for one in Organisation.objects.all()}
    centre = next(one for one in organisations.values() if one.code == "CENTRE")
    places = _places(plan, world)
    with transaction.atomic():
        users = User.objects.bulk_create(
            [
                User(
                    username=name, name=name, organisation=organisations.get(unit, centre),
                    made_up=True, password=encoded, password_changed_at=now,
                )
                for _, name, _, unit in places
            ],
            batch_size=500,
        )  # fmt: skip
        _grant(users, places)
        tokens = _tokens(plan, users, places)
        revisions.bump("accounts", "organisations")
    people = [
        Person(number, role.name, user.pk, name, area, unit, token)
        for number, ((role, name, area, unit), user, token) in enumerate(
            zip(places, users, tokens, strict=True)
        )
    ]
    return people, password


def city_of(world: World) -> City:
    """Give the city as the clients know it."""
    from django.utils import timezone

    wide = (EAST - WEST) / len(world.streets)
    # Inner corners of the lattice are moved by up to a quarter: half a grid from a border is safe.
    inside, up = (EAST - WEST) / COLUMNS / 2, 0.0001
    boxes = {
        street: (
            WEST + number * wide + inside,
            SOUTH + up,
            WEST + (number + 1) * wide - inside,
            NORTH - up,
        )
        for number, street in enumerate(world.streets)
    }
    units = [unit for unit, _, _ in world.units]
    return City(boxes, list(world.matters), units, timezone.localdate().isoformat())


def photo(seed: int) -> bytes:
    """Give a JPEG of some 150 kB that no two uploads send alike (see `acts.afresh`)."""
    import numpy as np
    from PIL import Image

    grain = np.random.default_rng(seed).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    picture = Image.fromarray(grain).resize((1280, 960))
    held = BytesIO()
    picture.save(held, "JPEG", quality=80)
    return held.getvalue()


def _places(plan: Plan, world: World) -> list[tuple[Role, str, str, int]]:
    found = []
    for role, heads in plan.heads():
        for number in range(heads):
            area = world.streets[number % len(world.streets)] if role.area == "street" else ""
            unit = world.units[number % len(world.units)][0] if role.area == "unit" else 0
            found.append((role, f"mixed-{role.name}-{number}", area, unit))
    return found


def _grant(users: list[Any], places: list[tuple[Role, str, str, int]]) -> None:
    from chengguan.accounts.domain.posts import load_posts
    from chengguan.accounts.models import Grant, Post

    load_posts()
    Post.objects.get_or_create(code=_CITIZEN["code"], defaults=_CITIZEN)
    posts = {post.code: post for post in Post.objects.all()}
    Grant.objects.bulk_create(
        [
            Grant(
                user=user, post=posts[role.post], organisation=user.organisation,
                area_code=area or (DISTRICT if role.area == "district" else ""), valid_from=SINCE,
            )
            for (role, _, area, _), user in zip(places, users, strict=True)
        ],
        batch_size=500,
    )  # fmt: skip


def _tokens(plan: Plan, users: list[Any], places: list[tuple[Role, str, str, int]]) -> list[str]:
    from chengguan.accounts.domain.tokens import digest_of
    from chengguan.accounts.models import ApiToken

    chance = random.Random(f"{plan.seed}tokens")
    raw = [
        f"cg_{chance.getrandbits(200):x}" if role.side == "token" else ""
        for role, _, _, _ in places
    ]
    ApiToken.objects.bulk_create(
        [
            ApiToken(user=user, name="mixed", digest=digest_of(token))
            for user, token in zip(users, raw, strict=True)
            if token
        ],
        batch_size=500,
    )
    return raw
