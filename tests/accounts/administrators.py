"""The three administrators of a small bureau, for tests."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.people import grant, organisation, person
from chengguan.accounts.domain.posts import load_posts
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.models import Organisation, Post, User


@dataclass(frozen=True)
class Bureau:
    """An organisation with its three administrators, and one outside it."""

    root: Organisation
    outside: Organisation
    system: Principal
    security: Principal
    audit: Principal

    def user(self, principal: Principal) -> User:
        return User.objects.get(username=principal.username)


def bureau() -> Bureau:
    load_posts()
    root, outside = organisation("城管局"), organisation("外单位")
    made = []
    for code in ("system_admin", "security_admin", "audit_admin"):
        user = person(code, at=root, username=f"{code}-{root.pk}")
        grant(user, Post.objects.get(code=code))
        made.append(principal_of(user))
    return Bureau(root, outside, *made)


def post(code: str) -> Post:
    return Post.objects.get(code=code)
