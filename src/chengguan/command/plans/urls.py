"""Addresses below /plans/."""

from __future__ import annotations

from django.urls import path

from . import views, views_edit, views_run, views_schedule

urlpatterns = [
    path("", views.plans, name="plans"),
    path("import/", views.bring_in, name="plans-import"),
    path("new/", views_edit.write, name="plans-new"),
    path("<int:plan_id>/edit/", views_edit.edit, name="plans-edit"),
    path("<int:plan_id>/", views.plan, name="plans-plan"),
    path("<int:plan_id>/tasks.xlsx", views.table, name="plans-table"),
    path("<int:plan_id>/schedule/", views_schedule.new, name="plans-schedule-new"),
    path("schedules/<int:schedule_id>/", views_schedule.schedule, name="plans-schedule"),
    path(
        "schedules/<int:schedule_id>/<slug:verb>/",
        views_schedule.act_on,
        name="plans-schedule-act",
    ),
    path("runs/<int:run_id>/", views_run.run, name="plans-run"),
    path("runs/<int:run_id>/report/", views_run.report, name="plans-report"),
    path("runs/<int:run_id>/note/", views_run.note, name="plans-note"),
    path("runs/<int:run_id>/end/", views_run.end, name="plans-end"),
    path("runs/<int:run_id>/<int:item_id>/", views_run.assign_page, name="plans-assign"),
    path("runs/<int:run_id>/<int:item_id>/<slug:verb>/", views_run.act_on, name="plans-act"),
]
