"""What follows from signing in and out, and from a change of password or second factor."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.signals import password_changed
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from chengguan.accounts import requests, sessions
from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.domain.sign_in import ACTION, count_failure, forget_failures
from chengguan.accounts.models import User
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result


@receiver(user_logged_in)
def begin(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    requests.forget(request)
    methods = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    second = any(method.get("method") == "mfa" for method in methods)
    sessions.begin(request, user, second_factor=second)
    if second:
        forget_failures(user)
    _note(ACTION, request, user, detail={"second_factor": second})


@receiver(user_logged_out)
def end(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        _note("accounts.sign_out", request, user)
    requests.forget(request)


@receiver(password_changed)
def follow_new_key(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    # Django has given the session another key, so that a stolen one ends here.
    sessions.keep_key(request, user)


@receiver(authenticator_added)
@receiver(authenticator_removed)
@receiver(authenticator_reset)
def note_second_factor(
    sender: Any, request: HttpRequest, user: User, authenticator: Any, signal: Any, **kwargs: Any
) -> None:
    words = {
        id(authenticator_added): "accounts.second_factor_added",
        id(authenticator_removed): "accounts.second_factor_removed",
        id(authenticator_reset): "accounts.second_factor_reset",
    }
    if signal is authenticator_added:
        request.session[sessions.SECOND_FACTOR] = True
    _note(words[id(signal)], request, user, detail={"type": str(authenticator.type)})


@receiver(authentication_failed)
def count_wrong_code(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    with transaction.atomic():
        counted = User.objects.select_for_update().get(pk=user.pk)
        detail = {"reason": "second_factor"} | count_failure(counted)
        _note(ACTION, request, counted, result=Result.REFUSED, detail=detail)


def _note(
    action: str,
    request: HttpRequest,
    user: User,
    *,
    result: str = Result.DONE,
    detail: dict[str, Any] | None = None,
) -> None:
    who = principal_of(
        user, ip=requests.client_ip(request), request_id=requests.request_id(request)
    )
    record(
        action,
        actor=who.actor(),
        subject_type="accounts.user",
        subject_id=user.username,
        result=result,
        detail={"username": user.username, **(detail or {})},
    )
