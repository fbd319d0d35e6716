"""Names behind the codes and numbers on a case: all from process caches, people in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.utils import timezone

from chengguan.accounts.models import Post, User
from chengguan.registry.domain import catalogue
from chengguan.registry.domain.duty_index import units
from chengguan.registry.domain.locate import AreaRef, chain
from chengguan.store.cache import revised
from chengguan.workflow.models import Request

#: Where a request is not agreed to but answered or ruled.
_STATUSES: Final = {
    ("oversight", "pending"): "待答复",
    ("oversight", "granted"): "已答复",
    ("oversight", "withdrawn"): "已解除",
    ("return", "pending"): "待裁定",
    ("return", "granted"): "裁定改派",
    ("return", "refused"): "裁定维持",
    ("ruling", "pending"): "待裁定",
    ("ruling", "granted"): "已裁定",
    ("ruling", "refused"): "不予裁定",
}


def request_status(row: Request) -> str:
    """Say where a request stands, in the words of its kind."""
    return _STATUSES.get((row.kind, row.status)) or row.get_status_display()


def matter_name(kind: str, code: str) -> str:
    """Return the matter's name, its code where the catalogue has lost it, "" for none."""
    if not code:
        return ""
    found = catalogue.matter(kind, code, on=timezone.localdate())
    return found.name if found else code


def unit_name(unit_id: int | None) -> str:
    """Return the organisation's name; "" for none."""
    if unit_id is None:
        return ""
    unit = units().get(unit_id)
    return unit.name if unit else str(unit_id)


def area_names(code: str) -> list[str]:
    """Return the names from street to community; fewer where the place is not known so exactly."""
    return [area.name for area in chain(code) if area.level in ("street", "community")]


def area_text(code: str) -> str:
    """Return street and community in one line; the code where nothing is known."""
    return " ".join(area_names(code)) or code


@revised("accounts")
def post_names() -> dict[str, str]:
    """Return the names of all posts by code."""
    return dict(Post.objects.values_list("code", "name"))


def people_names(ids: Iterable[int | None]) -> dict[int, str]:
    """Return people's names by id: one statement, none for nobody."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    return dict(User.objects.filter(pk__in=wanted).values_list("pk", "name"))


def areas(code: str) -> list[AreaRef]:
    """Return the areas from the district down."""
    return [area for area in chain(code) if len(area.code) >= 6]
