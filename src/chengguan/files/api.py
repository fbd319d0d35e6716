"""Files over the API: an upload in pieces that survives a broken line, then used by a report or a verb."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Header, Router, Schema, Status
from pydantic import Field, StringConstraints

from chengguan.accounts.domain.principal import Principal
from chengguan.core.errors import Invalid

from .domain import uploads
from .models import Upload

router = Router(tags=["文件"])

Sha256 = Annotated[str, StringConstraints(pattern=r"^([0-9a-fA-F]{64})?$")]


class NewUpload(Schema):
    """一次上传：名称与总字节数。"""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
    size: Annotated[int, Field(ge=1, le=2**40, description="总字节数")]


class UploadOut(Schema):
    """一次上传的进度；`complete` 后可在上报或办理时以 `id` 引用。"""

    id: UUID
    name: str
    size: int
    received: int
    complete: bool
    sha256: str | None
    expires_at: datetime


class Finish(Schema):
    """完成上传；给出 SHA-256 则核对。"""

    sha256: Sha256 = ""


@router.post("/uploads", response={201: UploadOut, 413: None, 429: None}, summary="开始上传")
def begin(request: HttpRequest, new: NewUpload) -> Status[dict[str, Any]]:
    """开始一次可续传的上传，24 小时内有效；未完成的个数与总字节数有上限。"""
    row = uploads.create(name=new.name, size=new.size, user_id=_user(request))
    return Status(HTTPStatus.CREATED, _shown(row))


@router.get("/uploads/{upload_id}", response={200: UploadOut, 404: None}, summary="查询进度")
def progress(request: HttpRequest, upload_id: UUID) -> dict[str, Any]:
    """断线后据 `received` 续传。"""
    return _shown(uploads.upload(upload_id, user_id=_user(request)))


@router.patch(
    "/uploads/{upload_id}",
    response={200: UploadOut, 404: None, 409: None, 413: None, 507: None},
    summary="追加一段",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    },
)
def append(
    request: HttpRequest,
    upload_id: UUID,
    upload_offset: Annotated[int, Header(ge=0, le=2**40, alias="Upload-Offset")],
) -> dict[str, Any]:
    """请求体为该段原始字节，每段不超过 8 MB；`Upload-Offset` 必须等于已收字节数。"""
    piece = request.body
    if not piece:
        raise Invalid("files.empty_piece", "这一段是空的。", field="body", mend="请发送文件内容。")
    return _shown(uploads.append(upload_id, upload_offset, piece, user_id=_user(request)))


@router.post(
    "/uploads/{upload_id}/finish",
    response={200: UploadOut, 404: None, 409: None, 413: None, 415: None, 507: None},
    summary="完成上传",
)
def finish(request: HttpRequest, upload_id: UUID, data: Finish) -> dict[str, Any]:
    """按内容而非扩展名判断类型；不接受的类型、损坏的图片在此拒绝。"""
    return _shown(uploads.finish(upload_id, user_id=_user(request), sha256=data.sha256))


def _user(request: HttpRequest) -> int | None:
    principal: Principal = request.auth  # type: ignore[attr-defined]
    return principal.user_id


def _shown(row: Upload) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "size": row.size,
        "received": row.received,
        "complete": row.blob_id is not None,
        "sha256": row.blob_id,
        "expires_at": row.expires_at,
    }
