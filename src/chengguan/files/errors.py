"""Why a file is refused; each sentence says the mend."""

from __future__ import annotations

from typing import Any

from chengguan.core.errors import Conflict, DomainError, Invalid, NotFound


class FileRefused(Invalid):
    """The content isn't one of the accepted kinds, is damaged, or hides something (422)."""

    def __init__(self, reason: str, message: str, mend: str, **params: Any) -> None:
        super().__init__(f"files.{reason}", message, field="file", mend=mend, **params)


class TooLarge(FileRefused):
    """More bytes than allowed (413)."""

    default_status = 413

    def __init__(self, limit: int) -> None:
        size = f"{limit // (1024 * 1024)} MB" if limit >= 1024 * 1024 else f"{limit} 字节"
        super().__init__(
            "too_large", f"文件超过 {size} 的上限。", "请压缩或截短后重新上传。", limit=limit
        )


class OffsetMismatch(Conflict):
    """A piece came for another offset than what has been received (409)."""

    def __init__(self, received: int) -> None:
        super().__init__(
            "files.offset",
            f"续传位置不对：服务器已收到 {received} 字节。",
            field="offset",
            mend=f"请从第 {received} 字节继续上传。",
            received=received,
        )


class UploadNotFound(NotFound):
    """No such upload, expired, or somebody else's (404)."""

    def __init__(self) -> None:
        super().__init__("files.no_upload", "没有这个上传，或已过期。", mend="请重新开始上传。")


class TooManyUploads(DomainError):
    """One person has begun more than may be under way at once (429)."""

    default_status = 429


class StorageFull(DomainError):
    """The disk of the originals has no room, or a quota or limit is reached (507); nothing was kept."""

    default_status = 507

    def __init__(self) -> None:
        super().__init__(
            "files.storage_full",
            "服务器存放照片的磁盘已满，文件没有保存。",
            mend="不带照片的上报与办理不受影响；请稍后重新上传，并告知系统管理员清理或扩容磁盘。",
        )
