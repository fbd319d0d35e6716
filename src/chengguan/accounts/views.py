"""Pages of the administrators: parse, one call of the domain, answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from chengguan.accounts.domain import grants, organisations, passwords, people, tokens
from chengguan.accounts.enums import Capability, Level, OrganisationKind
from chengguan.accounts.forms import (
    ChangeOrganisationForm,
    GrantForm,
    NewOrganisationForm,
    NewUserForm,
    PasswordForm,
    TokenForm,
)
from chengguan.accounts.models import ApiToken, Organisation, User
from chengguan.accounts.queries import (
    grants_visible_to,
    organisations_visible_to,
    users_visible_to,
)
from chengguan.accounts.requests import principal
from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound

_VERBS: dict[str, tuple[Callable[..., None], str]] = {
    "off": (people.switch_off, "已停用，登录和令牌即刻失效。"),
    "on": (people.switch_on, "已启用。"),
    "lock": (grants.lock, "已锁定，登录和令牌即刻失效。"),
    "unlock": (grants.unlock, "已解锁。"),
}


@login_required
def new_user(request: HttpRequest) -> HttpResponse:
    """Make an account."""
    who = _need(request, Capability.MANAGE_SYSTEM)
    form = NewUserForm(request.POST or None, organisations_visible_to(who))
    return _form_page(
        request,
        form,
        "新建人员账号",
        lambda given: people.create_user(principal=who, **given),
        lambda user: ("accounts:users-detail", user.username),
        reverse("accounts:users-list"),
    )


@login_required
def reset_password(request: HttpRequest, username: str) -> HttpResponse:
    """Give another person a new password."""
    who = _need(request, Capability.MANAGE_SYSTEM)
    user = _user(request, username)
    return _form_page(
        request,
        PasswordForm(request.POST or None),
        f"重置 {user.name} 的密码",
        lambda given: passwords.set_password(user, given["password"], principal=who),
        lambda _: ("accounts:users-detail", username),
        reverse("accounts:users-detail", args=[username]),
    )


@login_required
def give_post(request: HttpRequest, username: str) -> HttpResponse:
    """Grant a post."""
    who = _need(request, Capability.MANAGE_SECURITY)
    user = _user(request, username)
    form = GrantForm(request.POST or None, organisations_visible_to(who))
    return _form_page(
        request,
        form,
        f"授予 {user.name} 岗位",
        lambda given: grants.grant_post(user, principal=who, **given),
        lambda _: ("accounts:users-detail", username),
        reverse("accounts:users-detail", args=[username]),
    )


@login_required
@require_POST
def take_post_back(request: HttpRequest, grant: int) -> HttpResponse:
    """Revoke a grant."""
    who = principal(request)
    found = (
        grants_visible_to(who)
        .select_related("user__organisation", "post", "organisation")
        .filter(pk=grant)
        .first()
    )
    if found is None:
        raise _missing("授权")
    grants.revoke_post(found, principal=who)
    messages.success(request, "已收回岗位。")
    return redirect("accounts:users-detail", found.user.username)


@login_required
@require_POST
def act_on_user(request: HttpRequest, username: str, verb: str) -> HttpResponse:
    """Switch off or on, lock or unlock."""
    user = _user(request, username)
    if verb not in _VERBS:
        raise _missing("办理事项")
    act, done = _VERBS[verb]
    act(user, principal=principal(request))
    messages.success(request, done)
    return redirect("accounts:users-detail", username)


@login_required
def new_organisation(request: HttpRequest) -> HttpResponse:
    """Add an organisation."""
    who = _need(request, Capability.MANAGE_SYSTEM)
    form = NewOrganisationForm(request.POST or None, organisations_visible_to(who))

    def create(given: dict[str, Any]) -> Organisation:
        kind, level = OrganisationKind(given.pop("kind")), Level(given.pop("level"))
        return organisations.create_organisation(principal=who, kind=kind, level=level, **given)

    return _form_page(
        request,
        form,
        "新建机构",
        create,
        lambda made: ("accounts:organisations-detail", made.code),
        reverse("accounts:organisations-list"),
    )


@login_required
def change_organisation(request: HttpRequest, code: str) -> HttpResponse:
    """Rename an organisation, or hang it under another parent."""
    who = _need(request, Capability.MANAGE_SYSTEM)
    visible = organisations_visible_to(who)
    organisation = visible.filter(code=code).first()
    if organisation is None:
        raise _missing("机构")
    found = organisation

    def change(given: dict[str, Any]) -> None:
        if given["name"] != found.name:
            organisations.rename_organisation(found, given["name"], principal=who)
        if given["parent"] is not None:
            organisations.move_organisation(found, given["parent"], principal=who)

    return _form_page(
        request,
        ChangeOrganisationForm(request.POST or None, visible, found.name),
        f"变更机构 {found.name}",
        change,
        lambda _: ("accounts:organisations-detail", code),
        reverse("accounts:organisations-detail", args=[code]),
    )


@login_required
def own_tokens(request: HttpRequest) -> HttpResponse:
    """Show one's own tokens, and make one: it is shown on the answer and never again."""
    form = TokenForm(request.POST or None)
    raw = ""
    if request.method == "POST" and form.is_valid():
        try:
            _, raw = tokens.issue_token(
                _self(request), principal=principal(request), **form.cleaned_data
            )
            form = TokenForm()
        except Invalid as error:
            _explain(form, error)
    kept = ApiToken.objects.filter(user=_self(request)).order_by("-pk")
    context = {"form": form, "raw": raw, "tokens": kept}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "accounts/tokens.html", context, status=status)


@login_required
@require_POST
def revoke_token(request: HttpRequest, token: int) -> HttpResponse:
    """End one of one's own tokens."""
    found = ApiToken.objects.filter(pk=token, user=_self(request)).first()
    if found is None:
        raise _missing("令牌")
    tokens.revoke_token(found, principal=principal(request))
    messages.success(request, "已吊销。")
    return redirect("accounts:tokens")


def _form_page(
    request: HttpRequest,
    form: forms.Form,
    heading: str,
    act: Callable[[dict[str, Any]], Any],
    then: Callable[[Any], tuple[str, str]],
    back: str = "",
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            made = act(form.cleaned_data)
        except (Invalid, Conflict) as error:
            _explain(form, error)
        else:
            messages.success(request, "已办理。")
            name, key = then(made)
            return redirect(name, key)
    status = 422 if form.is_bound and form.errors else 200
    context = {"form": form, "heading": heading, "back": back}
    return render(request, "accounts/own_form.html", context, status=status)


def _explain(form: forms.Form, error: Invalid | Conflict) -> None:
    for fault in (error, *error.also):
        field = fault.field if fault.field in form.fields else None
        form.add_error(field, str(fault))


def _need(request: HttpRequest, capability: Capability) -> Any:
    who = principal(request)
    if not who.can(capability):
        raise NotAllowed(
            "accounts.not_allowed",
            f"您的岗位没有“{capability.label}”权限。",
            mend="如确需办理，请联系安全管理员授予相应岗位。",
        )
    return who


def _user(request: HttpRequest, username: str) -> User:
    visible = users_visible_to(principal(request)).select_related("organisation")
    user = visible.filter(username=username).first()
    if user is None:
        raise _missing("人员")
    return user


def _self(request: HttpRequest) -> User:
    return User.objects.select_related("organisation").get(username=request.user.get_username())


def _missing(what: str) -> NotFound:
    return NotFound(
        "accounts.not_found",
        f"没有这个{what}，或不在您的管理范围内。",
        mend="请从列表重新进入。",
    )
