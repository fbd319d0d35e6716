"""What to ask the caller next, where his words leave it open which matter he means."""

from __future__ import annotations

from collections.abc import Sequence

from .matters import SURE, ProposedMatter
from .sayings import book


def question(found: Sequence[ProposedMatter]) -> str:
    """Give the one question that tells the likeliest matters apart; "" where the first is sure.

    A question written for such matters comes first; else what is wrong with the thing that was
    named, else which of the first two it is.
    """
    if not found or found[0].sure:
        return ""
    first = found[0].name
    beside = [one.name for one in found[1:]]
    two = found[:2]
    if len(two) == 2 and all(one.told for one in two) and any(one.score >= SURE for one in two):
        return f"说了两件事（“{first}”和“{beside[0]}”），先办哪一件？"
    for asked, about in book().asks.items():
        if first in about and (not beside or any(name in about for name in beside)):
            return asked
    if not found[0].told and found[0].words:
        return f"“{found[0].words[0]}”怎么了？"
    if beside:
        return f"是“{first}”，还是“{beside[0]}”？"
    return f"是不是“{first}”？"
