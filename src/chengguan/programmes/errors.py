"""What can be refused about programmes and items, in sentences a person can act on."""

from __future__ import annotations

from collections.abc import Sequence

from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound


def no_programme() -> NotFound:
    """No such programme, or none this person may see."""
    return NotFound("programmes.unknown", "没有这项任务，或您无权查看。", mend="请回到列表。")


def not_yours(what: str) -> NotAllowed:
    """An act on another's item."""
    return NotAllowed(
        "programmes.not_yours", f"您不能{what}。", mend="请由责任人、责任单位经办人或负责人办理。"
    )


def wrong(field: str, message: str, mend: str) -> Invalid:
    """A value that can't be taken."""
    return Invalid("programmes.invalid", message, field=field, mend=mend)


def impossible(sentences: Sequence[str]) -> Invalid:
    """A tree that can't be worked through."""
    also = [Invalid("programmes.impossible", one) for one in sentences[1:]]
    return Invalid("programmes.impossible", sentences[0], mend="请核对上级与前置。", also=also)


def overtaken(message: str, mend: str) -> Conflict:
    """The item or the programme is not where the act needs it."""
    return Conflict("programmes.overtaken", message, mend=mend)
