"""Every write of the load, one line of JSON each: what was sent under which key and what came back.

Lines are written as they come, so that a drill can read them while the load runs. `outcome`:

* `done`: acknowledged. It must be there, once.
* `raced`: refused because somebody else was quicker (409).
* `refused`: refused for another reason: an error of the load or of the product.
* `unknown`: no answer came, however often it was sent; it may be there, once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

DONE: Final = "done"
RACED: Final = "raced"
REFUSED: Final = "refused"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """One write. Instants are seconds since 1970 on this machine's clock.

    `key` is the idempotency key ("" for a verb of a page, which `seq` makes harmless to repeat):
    the client of a report by token is `user:<who>`, of one by page `web:<who>`. `seq` is what
    the case stands at after the verb, 0 where that isn't known; `tries` how often it was sent.
    """

    kind: str
    who: int
    key: str
    number: str
    verb: str
    seq: int
    outcome: str
    status: int
    sent_at: float
    answered_at: float
    tries: int = 1
    via: str = "api"


class Ledger:
    """Writes entries to a file and counts them."""

    def __init__(self, place: Path) -> None:
        self._file: IO[str] = place.open("w", encoding="utf-8", buffering=1)
        self.counts: dict[str, int] = {}

    def note(self, entry: Entry) -> None:
        """Append an entry; it can be read at once."""
        self._file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
        name = f"{entry.kind}.{entry.outcome}"
        self.counts[name] = self.counts.get(name, 0) + 1

    def close(self) -> None:
        self._file.close()


def entries(place: Path) -> Iterator[Entry]:
    """Give what a ledger's file holds so far, in the order of the answers."""
    if not place.exists():
        return
    for line in place.read_text(encoding="utf-8").splitlines(keepends=True):
        # The last line may still be on its way.
        if line.endswith("\n"):
            yield Entry(**json.loads(line))
