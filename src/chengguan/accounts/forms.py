"""Forms of the account pages; the rules themselves stand in the domain."""

from __future__ import annotations

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from chengguan.accounts.domain.second_factor import spend
from chengguan.accounts.domain.sign_in import is_locked_out
from chengguan.accounts.enums import Level, OrganisationKind
from chengguan.accounts.models import Organisation, Post, User


class OneByOne:
    """Codes of one person are checked one after another, and each opens once.

    The row of the person is locked while a code is judged and its failure counted: of codes sent
    at once no more are tried than the lock-out allows.
    """

    user: User

    def clean_code(self) -> str:
        with transaction.atomic():
            try:
                return self._judged()
            except ValidationError as error:
                # Said after the commit: a failure that is rolled back would not count.
                wrong = error
        raise wrong

    def _judged(self) -> str:
        user = User.objects.select_for_update(no_key=True).get(pk=self.user.pk)
        if is_locked_out(user):
            raise ValidationError("账号已被锁定，请稍后再试，或请安全管理员解锁。")
        code = str(super().clean_code())  # type: ignore[misc]
        if spend(self.authenticator, code):  # type: ignore[attr-defined]
            return code
        self._emit_authentication_failed(self.authenticator)  # type: ignore[attr-defined]
        raise get_adapter().validation_error("incorrect_code")


class SecondFactorForm(OneByOne, AuthenticateForm):  # type: ignore[misc]
    """The code that ends a sign-in."""


class SecondFactorAgainForm(OneByOne, ReauthenticateForm):  # type: ignore[misc]
    """The code asked for again before something grave."""


class NewUserForm(forms.Form):
    """An account; `organisations` are those the administrator may fill."""

    username = forms.CharField(label="账号", max_length=40)
    name = forms.CharField(label="姓名", max_length=40)
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label="所属机构")
    phone = forms.CharField(label="电话", max_length=20, required=False)
    password = forms.CharField(
        label="初始密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="至少 10 位，含三种字符；本人首次登录须修改。",
    )
    single_session = forms.BooleanField(label="仅限单点登录", required=False)

    def __init__(self, data: object, organisations: QuerySet[Organisation]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        _choose(self, "organisation", organisations.filter(active=True))


class PasswordForm(forms.Form):
    """A new password for another person."""

    password = forms.CharField(
        label="新密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="本人下次登录须修改。",
    )


class GrantForm(forms.Form):
    """A post with its scope; an empty organisation is the person's own."""

    post = forms.ModelChoiceField(Post.objects.order_by("name"), label="岗位")
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label="机构范围", required=False, empty_label="所属机构"
    )
    area_code = forms.RegexField(
        r"^\d{0,15}$", label="区划范围", required=False, help_text="空为机构所属区划"
    )
    matters = forms.RegexField(
        r"^[\d\s,，]*$",
        label="事项范围",
        required=False,
        help_text="事项代码开头，空格分隔；空为不限",
    )
    valid_from = forms.DateField(
        label="起", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    valid_to = forms.DateField(
        label="止", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: object, organisations: QuerySet[Organisation]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        _choose(self, "organisation", organisations.filter(active=True))

    def clean_matters(self) -> list[str]:
        return str(self.cleaned_data["matters"]).replace(",", " ").replace("，", " ").split()


class NewOrganisationForm(forms.Form):
    """An organisation below another."""

    code = forms.CharField(label="机构代码", max_length=40)
    name = forms.CharField(label="机构名称", max_length=80)
    kind = forms.ChoiceField(label="类别", choices=OrganisationKind.choices)
    level = forms.ChoiceField(label="层级", choices=Level.choices, initial=Level.DISTRICT)
    parent = forms.ModelChoiceField(Organisation.objects.none(), label="上级机构")
    area_code = forms.RegexField(r"^\d{0,15}$", label="所属区划", required=False)

    def __init__(self, data: object, organisations: QuerySet[Organisation]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        _choose(self, "parent", organisations.filter(active=True))


class ChangeOrganisationForm(forms.Form):
    """Another name, another parent."""

    name = forms.CharField(label="机构名称", max_length=80)
    parent = forms.ModelChoiceField(
        Organisation.objects.none(), label="上级机构", required=False, empty_label="（不变）"
    )

    def __init__(self, data: object, organisations: QuerySet[Organisation], name: str) -> None:
        super().__init__(data, initial={"name": name})  # type: ignore[arg-type]
        _choose(self, "parent", organisations.filter(active=True))


class TokenForm(forms.Form):
    """A bearer token for oneself."""

    name = forms.CharField(label="用途", max_length=60)
    expires_at = forms.DateTimeField(
        label="有效期至",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text="空为长期有效",
    )


def _choose(form: forms.Form, name: str, rows: QuerySet[Organisation]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows.order_by("path")
