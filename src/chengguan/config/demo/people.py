"""Made-up people, one or more for each post and unit.

Their names say what they do and their telephone numbers can't be dialled. Only accounts listed
for signing in get a password: the others act in the story and never at the door.
"""

from __future__ import annotations

from chengguan.accounts.domain.grants import grant_post
from chengguan.accounts.domain.loading import forget
from chengguan.accounts.domain.passwords import check_password_rules
from chengguan.accounts.domain.people import create_user
from chengguan.accounts.domain.posts import load_posts
from chengguan.accounts.models import Organisation, User

from . import PASSWORD
from .bringing import LOADER, SINCE, own


def lacks() -> bool:
    """Say whether a later release ships people who are not there yet."""
    return bool(_missing())


def _missing() -> list[dict[str, str]]:
    there = set(User.objects.values_list("username", flat=True))
    return [row for row in own("people.csv") if row["账号"] not in there]


def load() -> str:
    """Make the people who are missing and give each a post."""
    posts = {post.code: post for post in load_posts()}
    places = {place.code: place for place in Organisation.objects.all()}
    rows = _missing()
    listed: list[User] = []
    for row in rows:
        user = create_user(
            username=row["账号"],
            name=row["姓名"],
            organisation=places[row["机构代码"]],
            principal=LOADER,
            password=PASSWORD if row["可登录"] and not listed else None,
            phone=row["电话"],
            made_up=True,
            must_change_password=False,
        )
        if row["可登录"]:
            check_password_rules(PASSWORD, user)
            listed.append(user)
        grant_post(
            user,
            posts[row["岗位"]],
            principal=LOADER,
            area_code=row["区划范围"],
            valid_from=SINCE,
        )
    # One hash for all: the password is public, and each further hash would cost a fifth of a second.
    for first in listed[:1]:
        User.objects.filter(pk__in=[user.pk for user in listed]).update(
            password=first.password, password_changed_at=first.password_changed_at
        )
    forget()
    return f"{len(rows)} 人，可登录账号 {len(listed)} 个（均为虚构）"
