"""People and organisations by the common recipe of lists."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Grant, Organisation, User
from chengguan.accounts.queries import organisations_visible_to, users_visible_to
from chengguan.accounts.requests import principal as principal_of_request
from chengguan.ui.recipe.columns import Column
from chengguan.ui.recipe.filters import Choice, Words, Yes
from chengguan.ui.recipe.resource import Panel, Resource


def _users(asker: Any) -> QuerySet[User]:
    return users_visible_to(cast("Principal", asker))


def _organisations(asker: Any) -> QuerySet[Organisation]:
    return organisations_visible_to(cast("Principal", asker))


def _user_panels(row: User, request: HttpRequest) -> list[Panel]:
    who = principal_of_request(request)
    grants = Grant.objects.filter(user=row).select_related("post", "organisation").order_by("-pk")
    context = {
        "row": row,
        "grants": grants,
        "system": who.can(Capability.MANAGE_SYSTEM),
        "security": who.can(Capability.MANAGE_SECURITY),
        "oneself": row.pk == who.user_id,
        "csrf": request,
    }
    return [
        Panel("岗位", "accounts/_grants.html", context),
        Panel("办理", "accounts/_user_verbs.html", context),
    ]


def _organisation_panels(row: Organisation, request: HttpRequest) -> list[Panel]:
    below = Organisation.objects.filter(parent=row).order_by("code")
    may = principal_of_request(request).can(Capability.MANAGE_SYSTEM)
    context = {"row": row, "below": below, "system": may}
    return [Panel("下级机构与办理", "accounts/_organisation.html", context)]


USERS = Resource(
    slug="users",
    namespace="accounts",
    model=User,
    title="人员账号",
    about="系统管理员开立和停用账号，安全管理员授予岗位、锁定和解锁，互不兼任。",
    see="",
    rows=_users,
    key="username",
    sort="username",
    related=("organisation",),
    hidden=("password", "session_key"),
    columns=(
        Column("username", sort="username"),
        Column("name"),
        Column("organisation__name", title="所属机构"),
        Column("is_active"),
        Column("locked"),
        Column("locked_until"),
        Column("is_system", chosen=False),
        Column("last_login", title="上次登录"),
        Column("made_up", chosen=False),
    ),
    filters=(
        Words(("name", "organisation__name"), ("username",)),
        Yes("is_active"),
        Yes("locked"),
        Yes("is_system"),
    ),
    panels=_user_panels,
)

ORGANISATIONS = Resource(
    slug="organisations",
    namespace="accounts",
    model=Organisation,
    title="机构",
    see="",
    rows=_organisations,
    related=("parent",),
    hidden=("path",),
    columns=(
        Column("code", sort="code"),
        Column("name"),
        Column("kind"),
        Column("level"),
        Column("parent__name", title="上级机构"),
        Column("area_code"),
        Column("active"),
        Column("made_up", chosen=False),
    ),
    filters=(Words(("name",)), Choice("kind"), Choice("level"), Yes("active")),
    panels=_organisation_panels,
)
