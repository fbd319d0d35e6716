"""Under /audit/: the log, for the audit administrator."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from chengguan.audit.resources import ENTRIES
from chengguan.ui.recipe.urls import urls_for

app_name = "audit"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="audit:entries-list"), name="home"),
    *urls_for(ENTRIES),
]
