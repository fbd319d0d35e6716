"""Words said inside the drilled installation, each in a process of its own: `python -m drill.inside`.

The last line each prints is JSON.
"""

from __future__ import annotations

import json
import pickle
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from chengguan.config import start

from .crowd import plan_of

PASSWORD: Final = "Drill-2026-xunlian"
PEER_SECRET: Final = "a-secret-of-the-drill-and-its-peer"
#: People who sign in at the door, one for each way of losing a session.
VICTIMS: Final = ("drill-out", "drill-password", "drill-locked", "drill-single")


def settle(place: str, people: str) -> Any:
    """Make the tables and the bench's city, the people who sign in, and another platform.

    With `people` also those of the mixed load, who are written to `place`.
    """
    from bench import mixed
    from bench.world import make_world
    from chengguan.exchange.models import Peer

    start.migrate()
    world = make_world(lambda _: None)
    for username in VICTIMS:
        _victim(username)
    Peer.objects.create(code="PEER", name="演练平台", secret=PEER_SECRET)
    if int(people):
        plan = plan_of(int(people))
        Path(place).write_bytes(pickle.dumps((plan, mixed.gather(plan, world))))
    return asdict(world)


def lock(username: str) -> Any:
    """Lock an account as its security administrator does."""
    from chengguan.accounts.domain.grants import lock as lock_account
    from chengguan.accounts.domain.principal import Principal
    from chengguan.accounts.models import User

    user = User.objects.get(username=username)
    lock_account(user, principal=Principal.system("演练"), reason="演练")
    return {"locked": username}


def issue(username: str) -> Any:
    """Give a person a token."""
    from chengguan.accounts.domain.principal import Principal
    from chengguan.accounts.domain.tokens import issue_token
    from chengguan.accounts.models import User

    user = User.objects.get(username=username)
    row, raw = issue_token(user, name="演练", principal=Principal.system("演练"))
    return {"token": raw, "id": row.pk}


def revoke(token_id: str) -> Any:
    """End a token."""
    from chengguan.accounts.domain.principal import Principal
    from chengguan.accounts.domain.tokens import revoke_token
    from chengguan.accounts.models import ApiToken

    revoke_token(ApiToken.objects.get(pk=int(token_id)), principal=Principal.system("演练"))
    return {"revoked": token_id}


def hold() -> Any:
    """Hold the embedded server until SIGTERM."""
    print("held", flush=True)
    signal.pause()


def _victim(username: str) -> None:
    from bench.world import SINCE
    from chengguan.accounts.domain.grants import grant_post
    from chengguan.accounts.domain.people import create_user
    from chengguan.accounts.domain.posts import load_posts
    from chengguan.accounts.domain.principal import Principal
    from chengguan.accounts.models import Organisation, User

    system = Principal.system("演练")
    centre = Organisation.objects.get(code="CENTRE")
    user = create_user(
        username=username,
        name=username,
        organisation=centre,
        principal=system,
        password=PASSWORD,
        made_up=True,
        must_change_password=False,
    )
    post = next(post for post in load_posts() if post.code == "acceptor")
    grant_post(user, post, principal=system, valid_from=SINCE)
    if username == "drill-single":
        User.objects.filter(pk=user.pk).update(single_session=True)


WORDS: Final[dict[str, Callable[..., Any]]] = {
    word.__name__: word for word in (settle, lock, issue, revoke, hold)
}


if __name__ == "__main__":
    with start.django_ready():
        print(json.dumps(WORDS[sys.argv[1]](*sys.argv[2:]), ensure_ascii=False), flush=True)
