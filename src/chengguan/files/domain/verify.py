"""Is every original still what its name says? Asked by `chengguan doctor` and after a restore."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from ..models import Blob
from .storage import original_key, storage

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one original: `missing`, `altered` or `stray` (on disk without a row)."""

    sha256: str
    kind: str

    def __str__(self) -> str:
        return {
            "missing": f"原件 {self.sha256} 丢失，请从备份恢复这个文件。",
            "altered": f"原件 {self.sha256} 的内容已改变，请从备份恢复并查明原因。",
            "stray": f"磁盘上的 {self.sha256} 没有记录，可能是未提交的上传，一般无需处理。",
        }[self.kind]


@dataclass(frozen=True, slots=True)
class Verified:
    """How many originals were looked at, and what was wrong."""

    checked: int
    faults: list[Fault]

    @property
    def sound(self) -> bool:
        """Nothing lost and nothing altered; strays do no harm."""
        return all(fault.kind == "stray" for fault in self.faults)


def verify(*, contents: bool = True) -> Verified:
    """Hold each row against its file: size always, SHA-256 too with `contents` (reads everything)."""
    faults: list[Fault] = []
    known: set[str] = set()
    for sha256, size in Blob.objects.order_by("sha256").values_list("sha256", "size").iterator():
        known.add(sha256)
        found = storage().size(original_key(sha256))
        if found is None:
            faults.append(Fault(sha256, "missing"))
        elif found != size or (contents and _digest(sha256) != sha256):
            faults.append(Fault(sha256, "altered"))
    faults += [Fault(sha256, "stray") for sha256 in _strays(known)]
    return Verified(len(known), faults)


def _digest(sha256: str) -> str:
    with storage().open(original_key(sha256)) as file:
        whole = hashlib.sha256()
        while piece := file.read(_PIECE):
            whole.update(piece)
    return whole.hexdigest()


def _strays(known: set[str]) -> Iterator[str]:
    for key in storage().originals():
        sha256 = key.rsplit("/", 1)[-1]
        if sha256 not in known:
            yield sha256
