"""Whose turn it is hears of it: notices of swaps into the inboxes of those concerned."""

from __future__ import annotations

from typing import Final

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Grant, Organisation
from chengguan.notify.domain.outbox import tell

TOPIC: Final = "command.roster"
_MOST: Final = 20


def tell_person(user_id: int, title: str, swap_id: int) -> None:
    """Put a notice into one person's inbox, in the caller's transaction."""
    url = reverse("command:roster-mine")
    tell(TOPIC, subject_id=swap_id, user_ids=[user_id], payload={"title": title, "url": url})


def tell_keepers(unit: Organisation, title: str, swap_id: int) -> None:
    """Put a notice into the inboxes of those who keep the unit's roster."""
    today = timezone.localdate()
    above = [f"{unit.path[: place + 1]}" for place, sign in enumerate(unit.path) if sign == "/"]
    keepers = Grant.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=today),
        valid_from__lte=today,
        post__capabilities__contains=[Capability.ROSTER],
        organisation__path__in=above,
        user__is_active=True,
        user__is_system=False,
    )
    # The nearest organisation first: a city's keepers need not hear of every street's swap.
    found = keepers.order_by("-organisation__path", "user_id").values_list("user_id", flat=True)
    url = reverse("command:roster-swaps")
    user_ids = list(dict.fromkeys(found))[:_MOST]
    if user_ids:
        tell(TOPIC, subject_id=swap_id, user_ids=user_ids, payload={"title": title, "url": url})
