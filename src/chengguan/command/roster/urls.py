"""The addresses of the roster, under /roster/."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views, views_mine, views_rules

urlpatterns: list[URLPattern] = [
    path("", views.board_page, name="roster"),
    path("export.<str:form>", views.export, name="roster-export"),
    path("now/", views.now_page, name="roster-now"),
    path("hours/", views.hours_page, name="roster-hours"),
    path("duty/<int:number>/", views.duty_page, name="roster-duty"),
    path("duty/<int:number>/correct/", views.correct_duty, name="roster-correct"),
    path("duty/<int:number>/swap/", views_mine.ask, name="roster-ask"),
    path("mine/", views_mine.mine_page, name="roster-mine"),
    path("swaps/", views_mine.swaps_page, name="roster-swaps"),
    path("swaps/<int:number>/<str:verb>/", views_mine.decide, name="roster-decide"),
    path("away/", views_mine.away_page, name="roster-away"),
    path("away/<int:number>/back/", views_mine.back, name="roster-back"),
    path("rules/", views_rules.rules_page, name="roster-rules"),
    path("rules/new/", views_rules.rule_page, name="roster-rule-new"),
    path("rules/<int:number>/", views_rules.rule_page, name="roster-rule"),
    path("rules/<int:number>/plan/", views_rules.plan_page, name="roster-plan"),
    path("rules/shift/", views_rules.shift_page, name="roster-shift"),
    path("rules/need/", views_rules.need_page, name="roster-need"),
    path("rules/need/<int:number>/end/", views_rules.need_end, name="roster-need-end"),
    path("import/", views_rules.import_page, name="roster-import"),
    path("import/apply/", views_rules.import_apply, name="roster-import-apply"),
    path("template.<str:form>", views_rules.template, name="roster-template"),
    path("flexible/", views_rules.flexible_page, name="roster-flexible"),
    path("flexible/reports/", views_rules.reports_page, name="roster-reports"),
]
