"""Which people and organisations an administrator may see: those of the own subtree."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Grant, Organisation, User
from chengguan.core.errors import NotAllowed

_ADMINISTER = (Capability.MANAGE_SYSTEM, Capability.MANAGE_SECURITY)


def users_visible_to(principal: Principal) -> QuerySet[User]:
    """Give the accounts of the subtrees administered.

    Raises:
        NotAllowed: neither system nor security administrator.
    """
    return User.objects.filter(_subtree(principal, "organisation__path"))


def organisations_visible_to(principal: Principal) -> QuerySet[Organisation]:
    """Give the organisations of the subtrees administered; raises as `users_visible_to`."""
    return Organisation.objects.filter(_subtree(principal, "path"))


def grants_visible_to(principal: Principal) -> QuerySet[Grant]:
    """Give the grants of the accounts administered; raises as `users_visible_to`."""
    return Grant.objects.filter(_subtree(principal, "user__organisation__path"))


def _subtree(principal: Principal, path: str) -> Q:
    if principal.is_system:
        return Q()
    roots = {held.organisation_path for one in _ADMINISTER for held in principal.holding(one)}
    if not roots:
        raise NotAllowed(
            "accounts.not_allowed",
            "只有系统管理员和安全管理员可以查看人员与机构。",
            mend="如确需查看，请联系安全管理员授予相应岗位。",
        )
    reach = Q()
    for root in sorted(roots):
        reach |= Q(**{f"{path}__startswith": root})
    return reach
