"""Evidence shown to those who may see what it belongs to; to all others it doesn't exist."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import PurePath

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from chengguan.accounts.domain.principal import principal_of_request
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result

from .domain.copies import open_copy
from .domain.kinds import EXTENSIONS, IMAGES, JPEG
from .domain.storage import original_key, storage
from .models import Attachment
from .ports import may_see
from .serving import file_response, not_modified

View = Callable[..., HttpResponseBase]


def _signed_in(view: View) -> View:
    """Send to the sign-in page who is nobody; a bearer token is somebody too."""

    @wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not principal_of_request(request).is_known:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return checked


@require_safe
@_signed_in
def original(request: HttpRequest, attachment_id: int) -> HttpResponseBase:
    """The original as it came; photos in the page, all else to be saved."""
    item = _attachment(request, attachment_id)
    etag = f'"{item.blob_id}"'
    try:
        return not_modified(request, etag) or file_response(
            request,
            storage().open(original_key(str(item.blob_id))),
            etag=etag,
            media_type=item.blob.media_type,
            name=_name(item.name, item.blob.media_type),
            inline=item.blob.media_type in IMAGES,
        )
    except FileNotFoundError:
        raise Http404 from None


@require_safe
@_signed_in
def copy(request: HttpRequest, attachment_id: int, kind: str) -> HttpResponseBase:
    """A smaller JPEG of a photo."""
    item = _attachment(request, attachment_id)
    etag = f'"{item.blob_id}-{kind}"'
    unchanged = not_modified(request, etag)
    if unchanged:
        return unchanged
    try:
        file = open_copy(item.blob, kind)
    except FileNotFoundError:
        file = None
    if file is None:
        raise Http404
    return file_response(
        request, file, etag=etag, media_type=JPEG, name=_name(item.name, JPEG), inline=True
    )


def _attachment(request: HttpRequest, attachment_id: int) -> Attachment:
    item = Attachment.objects.select_related("blob").filter(id=attachment_id).first()
    if item is None:
        raise Http404
    principal = principal_of_request(request)
    if not may_see(principal, item.subject_type, item.subject_id):
        record(
            "files.see",
            actor=principal.actor(),
            subject_type="files.attachment",
            subject_id=attachment_id,
            result=Result.REFUSED,
            detail={"subject": item.subject_type, "id": item.subject_id},
        )
        raise Http404
    return item


def _name(name: str, media_type: str) -> str:
    """The sender's name with the ending of what the file really is."""
    ending = EXTENSIONS[media_type]
    plain = PurePath(name.replace("\\", "/")).name or "附件"
    same = {".jpeg"} if ending == ".jpg" else set()
    return plain if PurePath(plain).suffix.lower() in {ending, *same} else plain + ending
