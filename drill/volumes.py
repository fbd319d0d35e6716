"""Small disks that can be filled: ext4 in a file, mounted over a loop device, for root only.

Without them database and originals lie on the ordinary disk, and the drills of full disks say
that they were not run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_MEGABYTE: Final = 1024 * 1024
#: Name → size in MB. The database needs room for its write-ahead log of a whole drill.
SIZES: Final = {"files": 96, "database": 1536}


@dataclass
class Volumes:
    """The mounted disks below `folder`; `why_not` says why there are none."""

    folder: Path
    mounted: dict[str, Path] = field(default_factory=dict)
    why_not: str = ""

    def mount(self) -> None:
        """Make and mount them all, or say why not; a half-made set is taken away again."""
        self.unmount_left()
        if os.geteuid() != 0:
            self.why_not = "挂载小磁盘需要 root"
            return
        if shutil.which("mkfs.ext4") is None:
            self.why_not = "没有 mkfs.ext4（Debian：apt-get install e2fsprogs）"
            return
        for name, size in SIZES.items():
            place = self.folder / name
            place.mkdir(parents=True, exist_ok=True)
            image = self.folder / f"{name}.img"
            with image.open("wb") as file:
                file.truncate(size * _MEGABYTE)
            said = _said("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
            said += _said("mount", "-o", "loop", str(image), str(place))
            if said or not place.is_mount():
                self.why_not = f"不能挂载回环设备：{said.strip()[:200]}"
                self.unmount()
                return
            self.mounted[name] = place

    def settings(self) -> dict[str, str]:
        """Give the variables that put database and originals onto the disks; none without them."""
        if not self.mounted:
            return {}
        return {
            "CHENGGUAN_PG_DIR": str(self.mounted["database"] / "pg"),
            "CHENGGUAN_FILES": str(self.mounted["files"] / "originals"),
        }

    def unmount(self) -> None:
        """Take all of them away."""
        self.mounted.clear()
        self.unmount_left()

    def unmount_left(self) -> None:
        """Unmount what an earlier drill that was killed has left here."""
        for name in SIZES:
            if (self.folder / name).is_mount():
                _said("umount", str(self.folder / name))
            (self.folder / f"{name}.img").unlink(missing_ok=True)

    def fill(self, name: str) -> int:
        """Fill a disk to its last byte; gives how many bytes that took."""
        place = self.mounted[name]
        taken = 0
        with (place / "ballast").open("wb") as file:
            state = os.statvfs(place)
            most = state.f_bavail * state.f_frsize
            while most >= _MEGABYTE:
                try:
                    os.posix_fallocate(file.fileno(), taken, most)
                except OSError:
                    most //= 2
                    continue
                taken += most
                state = os.statvfs(place)
                most = state.f_bavail * state.f_frsize
            # The rest in small pieces; the last refusal is what is wanted.
            file.seek(0, os.SEEK_END)
            with contextlib.suppress(OSError):
                while True:
                    os.write(file.fileno(), b"\0" * 4096)
                    taken += 4096
        return taken

    def empty(self, name: str) -> None:
        """Take the ballast away again."""
        (self.mounted[name] / "ballast").unlink(missing_ok=True)


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr
