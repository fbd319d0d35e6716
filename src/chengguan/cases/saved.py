"""Queries kept by name: one's own, and those shared with one's posts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet
from django.http import QueryDict

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Organisation, Post
from chengguan.audit.domain.record import record
from chengguan.core.errors import Invalid, NotAllowed, NotFound
from chengguan.registry.forms import first_error
from chengguan.store.today import local_today

from .filtering import filter_form
from .models import SavedQuery

MOST: Final = 50
_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved query as one person sees it; `query` goes behind the question mark of the list."""

    id: int
    name: str
    query: str
    own: bool
    shared_with: str


def offered(principal: Principal) -> list[Saved]:
    """Give a person's own queries and those shared with him, by name; three statements at most."""
    if principal.user_id is None:
        return []
    found = list(SavedQuery.objects.filter(_offered_q(principal)).order_by("name", "id")[:200])
    organisations = _organisation_names({one.shared_path for one in found if one.shared_path})
    codes = {one.shared_post for one in found if one.shared_post}
    posts = dict(Post.objects.filter(code__in=codes).values_list("code", "name")) if codes else {}
    return [
        Saved(
            one.pk,
            one.name,
            one.query,
            one.owner_id == principal.user_id,
            " ".join(
                filter(
                    None,
                    (
                        organisations.get(one.shared_path, ""),
                        posts.get(one.shared_post, one.shared_post),
                    ),
                )
            ),
        )
        for one in found
    ]


def of(principal: Principal, number: int) -> SavedQuery:
    """Give a query that is one's own or shared with one.

    Raises:
        NotFound: it is neither.
    """
    found = SavedQuery.objects.filter(_offered_q(principal), pk=number).first()
    if found is None:
        raise NotFound("cases.saved", "没有这个常用查询。", mend="它可能已被删除或不再共享给您。")
    return found


def save(principal: Principal, name: str, query: str) -> SavedQuery:
    """Keep a query under a name; the name again replaces it.

    Raises:
        Invalid: no name, a query that does not apply, or fifty are kept already.
    """
    name = name.strip()
    if not 0 < len(name) <= 40 or "\x00" in name:
        raise Invalid("cases.saved_name", "请给常用查询起个名称，不超过 40 个字。", field="name")
    wrong = stale(query)
    if wrong or len(query) > _LONGEST:
        raise Invalid(
            "cases.saved_query",
            wrong or "条件太长，不能保存。",
            mend="请先改好条件再保存。",
            field="query",
        )
    own = SavedQuery.objects.filter(owner_id=principal.user_id or 0)
    if not own.filter(name=name).exists() and own.count() >= MOST:
        raise Invalid("cases.saved_most", f"最多保存 {MOST} 个常用查询。", mend="请先删除不用的。")
    assert principal.user_id is not None
    return SavedQuery.objects.update_or_create(
        owner_id=principal.user_id, name=name, defaults={"query": query}
    )[0]


def remove(principal: Principal, number: int) -> None:
    """Throw away one's own query.

    Raises:
        NotFound: it is not one's own.
    """
    if not _own(principal, number).delete()[0]:
        raise NotFound("cases.saved", "没有这个常用查询。", mend="只能删除自己保存的。")


def may_share(principal: Principal) -> bool:
    """Say whether a person may put a query before others: who leads or oversees."""
    return principal.can(Capability.LEAD) or principal.can(Capability.OVERSEE)


def share(principal: Principal, number: int, organisation_id: int | None, post: str = "") -> None:
    """Offer one's own query to an organisation with all below it, or to one post there; None ends it.

    Raises:
        NotAllowed: no right to, or the organisation is not below one's own.
        NotFound: the query is not one's own, or there is no such organisation or post.
    """
    if not may_share(principal):
        raise NotAllowed(
            "cases.saved_share", "您的岗位不能共享常用查询。", mend="请由值班领导或督办人员共享。"
        )
    path = ""
    if organisation_id is not None:
        found = (
            Organisation.objects.filter(pk=organisation_id).values_list("path", flat=True).first()
        )
        if found is None or (post and not Post.objects.filter(code=post).exists()):
            raise NotFound("cases.saved_share_to", "没有这个机构或岗位。", mend="请重新选择。")
        path = found
        if not path.startswith(principal.organisation_path):
            raise NotAllowed(
                "cases.saved_share_to", "只能共享给本机构及其下级。", mend="请重新选择机构。"
            )
    if not _own(principal, number).update(shared_path=path, shared_post=post if path else ""):
        raise NotFound("cases.saved", "没有这个常用查询。", mend="只能共享自己保存的。")
    record(
        "cases.saved.share",
        actor=principal.actor(),
        subject_type="cases.saved",
        subject_id=number,
        detail={"path": path, "post": post},
    )


def sharing(principal: Principal) -> dict[str, list[tuple[str, str]]]:
    """Give the organisations and posts one may share with, as (value, title); none where one may not."""
    if not may_share(principal):
        return {"organisations": [], "posts": []}
    below = Organisation.objects.filter(path__startswith=principal.organisation_path, active=True)
    return {
        "organisations": [(str(one.pk), one.name) for one in below.order_by("path")[:300]],
        "posts": [(one.code, one.name) for one in Post.objects.order_by("name")[:100]],
    }


def stale(query: str) -> str:
    """Say which values of a query no longer apply (a unit that is gone, a state, a name); empty if none."""
    form = filter_form(QueryDict(query))
    return "" if form.is_valid() else f"条件已不适用：{first_error(form)}"


def _own(principal: Principal, number: int) -> QuerySet[SavedQuery]:
    return SavedQuery.objects.filter(pk=number, owner_id=principal.user_id or 0)


def _offered_q(principal: Principal) -> Q:
    found = Q(owner_id=principal.user_id or 0)
    today = local_today()
    for held in principal.grants:
        if held.is_valid(today):
            above = _above(held.organisation_path)
            found |= Q(shared_path__in=above, shared_post__in=("", held.post))
    return found


def _above(path: str) -> list[str]:
    """Give `/1/`, `/1/2/` of `/1/2/`."""
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[:n]) + "/" for n in range(1, len(parts) + 1)]


def _organisation_names(paths: set[str]) -> dict[str, str]:
    if not paths:
        return {}
    return dict(Organisation.objects.filter(path__in=paths).values_list("path", "name"))
