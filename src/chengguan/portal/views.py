"""Home with my queues, and what this platform is made of."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits for the person who asks."""
    return render(request, "portal/home.html", {})


def about(request: HttpRequest) -> HttpResponse:
    """Name the data, the software and their licences."""
    return render(request, "portal/about.html", {})
