"""The form of a new bulletin."""

from __future__ import annotations

from typing import Any

from django import forms

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.accounts.models import Post
from chengguan.registry.models import Area
from chengguan.ui.widgets import PlainSelect

from ..orders.domain.reach import reachable_units


class BulletinForm(forms.Form):
    """What is told, to whom, and until when it stands."""

    title = forms.CharField(label="标题", max_length=80)
    text = forms.CharField(label="内容", max_length=8000, widget=forms.Textarea(attrs={"rows": 8}))
    area = forms.ChoiceField(label="区域", required=False, widget=PlainSelect)
    posts = forms.MultipleChoiceField(label="岗位", required=False, help_text="不选为所有岗位")
    organisations = forms.TypedMultipleChoiceField(
        label="机构", required=False, coerce=int, help_text="含下级；不选为所有机构"
    )
    must_confirm = forms.BooleanField(label="须逐人确认", required=False)
    pinned = forms.BooleanField(label="首页置顶", required=False)
    expires = forms.DateTimeField(
        label="有效期至",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        error_messages={"invalid": "时间应写作 2026-05-01 08:00。"},
    )

    def __init__(self, *args: Any, principal: Principal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = sorted({held.area_code for held in principal.holding(Capability.ORDER)})
        names = dict(Area.objects.filter(code__in=codes).values_list("code", "name"))
        area, posts, units = (self.fields[name] for name in ("area", "posts", "organisations"))
        assert isinstance(area, forms.ChoiceField)
        assert isinstance(posts, forms.MultipleChoiceField)
        assert isinstance(units, forms.TypedMultipleChoiceField)
        area.choices = [(code, names.get(code, code) or "全市") for code in codes]
        posts.choices = list(Post.objects.order_by("name").values_list("code", "name"))
        rows = reachable_units(principal).order_by("path").values_list("pk", "name")
        units.choices = [(str(pk), name) for pk, name in rows]
