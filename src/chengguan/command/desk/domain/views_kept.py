"""The filters a person leaves his desk with, there again when he comes back."""

from __future__ import annotations

from typing import Final

from chengguan.accounts.domain.principal import Principal

from ...models import DeskView

_MOST: Final = 600


def keep_view(principal: Principal, query: str) -> None:
    """Remember the filters (the query of an address); one statement, none that changes nothing.

    What is longer than an address of ours can be is not remembered.
    """
    if principal.user_id is None or len(query) > _MOST:
        return
    if last_view(principal) != query:
        DeskView.objects.update_or_create(pk=principal.user_id, defaults={"query": query})


def last_view(principal: Principal) -> str:
    """Give the filters that the person left his desk with, as the query of an address."""
    if principal.user_id is None:
        return ""
    kept = DeskView.objects.filter(pk=principal.user_id).values_list("query", flat=True)
    return kept.first() or ""
