"""Imports in two steps: a file is checked with an error for each wrong row, then applied whole."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from chengguan.core.errors import NotFound

from .. import ports
from .resource import ImportDoor, Resource
from .views import need

SYSTEMS = [
    ("CGCS2000", "CGCS2000（2000国家大地坐标系）"),
    ("WGS84", "WGS 84（GPS）"),
    ("GCJ02", "GCJ-02（高德、腾讯）"),
    ("BD09", "BD-09（百度）"),
]
ENCODINGS = [("", "自动识别"), ("utf-8", "UTF-8"), ("gb18030", "GB 18030（GBK）")]


class ImportForm(forms.Form):
    """The file and what must be said about it."""

    file = forms.FileField(label="文件", help_text="CSV、XLSX 或 GeoJSON")
    crs = forms.ChoiceField(label="坐标系", choices=[("", "请选择"), *SYSTEMS])
    encoding = forms.ChoiceField(label="文本编码", choices=ENCODINGS, required=False)

    def __init__(self, *args: Any, has_place: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".csv,.xlsx,.geojson,.json"
        self.fields["file"].error_messages["required"] = "请选择要导入的文件。"
        self.fields["crs"].error_messages["required"] = "请说明文件的坐标系，错一个位置就偏几百米。"
        if not has_place:
            del self.fields["crs"]


@login_required
def import_page(request: HttpRequest, resource: Resource) -> HttpResponse:
    """Take a file and check it; the run's page shows what came of it."""
    door = _door(request, resource)
    form = ImportForm(request.POST or None, request.FILES or None, has_place=door.has_place)
    if request.method == "POST" and form.is_valid():
        options = {name: value for name, value in form.cleaned_data.items() if name != "file"}
        run = door.check(door.kind, form.cleaned_data["file"], options, ports.asker(request))
        return redirect(resource.url("import-run", run.pk))
    context = {"resource": resource, "form": form, "help": door.help}
    return render(request, "ui/recipe/import.html", context, status=422 if form.errors else 200)


@login_required
def run_page(request: HttpRequest, resource: Resource, run: int) -> HttpResponse:
    """Show a checked file: what would change, and every error with its row and mend."""
    found = _run(request, resource, run)
    return render(request, "ui/recipe/import_run.html", {"resource": resource, "run": found})


@login_required
@require_POST
def apply(request: HttpRequest, resource: Resource, run: int) -> HttpResponse:
    """Write a checked file as a whole."""
    door = _door(request, resource)
    _run(request, resource, run)
    done = door.apply(run, ports.asker(request))
    said = done if done is not None else _run(request, resource, run)
    messages.success(request, f"已导入：新增 {said.added} 行，变更 {said.changed} 行。")
    return redirect(resource.url("list"))


def _door(request: HttpRequest, resource: Resource) -> ImportDoor:
    need(request, resource.edit, f"导入{resource.title}")
    if resource.importer is None:
        raise NotFound(
            "import.none", f"{resource.title}不能从文件导入。", mend="请在来源系统中维护。"
        )
    return resource.importer


def _run(request: HttpRequest, resource: Resource, run: int) -> Any:
    door = _door(request, resource)
    found = door.find(ports.asker(request), run)
    if found is None or found.kind != door.kind:
        raise NotFound("import.no_run", "没有找到这次导入。", mend="请重新选择文件校验。")
    return found
