"""The form that asks for a comparison: two files, days, seeds, and whose plans they are."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.registry.models import Area
from chengguan.ui.widgets import PlainSelect

from .errors import not_text, too_large
from .whatif.question import LEAST_SEEDS, MOST_DAYS, MOST_SEEDS

MOST_BYTES: Final = 256 * 1024


class ComparisonForm(forms.Form):
    """Two plans, and how long and how often they are lived."""

    base = forms.FileField(
        label="基准方案（TOML）", help_text="写全的城市文件，如 data/simulation/default.toml"
    )
    other = forms.FileField(
        label="比较方案（TOML）",
        help_text="可只写改动（plan.changes = true），例子在 data/simulation/whatif",
    )
    days = forms.IntegerField(
        label="天数", min_value=1, max_value=MOST_DAYS, initial=30, help_text="30 天约一分钟"
    )
    seeds = forms.IntegerField(
        label="种子数",
        min_value=LEAST_SEEDS,
        max_value=MOST_SEEDS,
        initial=LEAST_SEEDS,
        help_text=f"每个种子是一段不同的日子，两份方案各过一遍；至少 {LEAST_SEEDS} 个",
    )
    area = forms.ChoiceField(label="为哪个区域", required=False, widget=PlainSelect)

    def __init__(self, *args: Any, principal: Principal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = sorted({held.area_code for held in principal.holding(Capability.PLAN)})
        names = dict(Area.objects.filter(code__in=codes).values_list("code", "name"))
        field = self.fields["area"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, names.get(code, code) or "全市") for code in codes]
        for name in ("base", "other"):
            self.fields[name].widget.attrs["accept"] = ".toml"
            self.fields[name].error_messages["required"] = "请选择方案文件。"


def text_of(file: UploadedFile[Any]) -> tuple[str, str]:
    """Give an upload's name and text.

    Raises:
        Invalid: it is larger than any plan, or no UTF-8.
    """
    name = str(file.name or "方案.toml").rsplit("/", 1)[-1][:120]
    if (file.size or 0) > MOST_BYTES:
        raise too_large(name, MOST_BYTES)
    try:
        return name, file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise not_text(name) from error
