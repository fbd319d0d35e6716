"""What a list with boxes to tick sends back: which rows, as they were shown, and where a page ended.

A box's value is "id:seq", `seq` the number of the row's last step when it was shown; a page ends
at "instant_id", the instant left out where the row has none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from chengguan.core.errors import Invalid

# What a bigint, and a step's number, surely hold.
_ID: Final = 18
_SEQ: Final = 9


def read_tick(value: str) -> tuple[int, int]:
    """Give id and seq of a ticked box.

    Raises:
        Invalid: it is not one of ours.
    """
    key, _, seq = value.partition(":")
    if not (_is_number(key, _ID) and _is_number(seq, _SEQ)):
        raise Invalid(
            "list.tick", "选中的行无法识别。", mend="请刷新页面后重新勾选。", field="chosen"
        )
    return int(key), int(seq)


def ticked(values: Iterable[str]) -> set[int]:
    """Give the ids that were ticked, to show them so again; what is not one of ours is left out."""
    keys = (value.partition(":")[0] for value in values)
    return {int(key) for key in keys if _is_number(key, _ID)}


def read_end(cursor: str, *, timed: bool = False) -> tuple[datetime | None, int] | None:
    """Give where the page before ended, None for the first page; `timed`: each row has an instant.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    if not cursor:
        return None
    said, _, key = cursor.rpartition("_")
    wrong = Invalid("list.after", "翻页位置无效。", mend="请回到第一页。", field="after")
    if not _is_number(key, _ID) or (timed and not said):
        raise wrong
    if not said:
        return None, int(key)
    try:
        # A plus sign of an address may have become a blank on its way.
        at = datetime.fromisoformat(said.replace(" ", "+"))
    except ValueError:
        raise wrong from None
    if at.tzinfo is None:
        raise wrong
    return at, int(key)


def _is_number(text: str, digits: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= digits
