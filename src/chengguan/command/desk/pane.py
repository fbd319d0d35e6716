"""What the case beside the list shows: the case's page, and the form of the verb most likely meant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.cases.guards import PUBLIC_SOURCES
from chengguan.cases.models import Case
from chengguan.cases.screens import nearby, words
from chengguan.cases.screens.detail import CasePage, case_page
from chengguan.cases.screens.timeline import Moment
from chengguan.cases.staffing import Away
from chengguan.cases.verb_forms import VerbForm, verb_form
from chengguan.core.errors import Invalid, NotAllowed, NotFound
from chengguan.registry.domain.duty_index import Unit
from chengguan.registry.forms import read_matter
from chengguan.workflow.domain import definition_of
from chengguan.workflow.domain.shape import VerbSpec

from ..dispatch.queries import AWAITING, DispatchView, dispatch_view, may_be_asked, units_beside
from ..models import Draft
from .domain.drafts import draft_of
from .filing import Filing, filing_of
from .keys import letter_of
from .standing_in import missing_from

#: How the fields are called that say something to the next one, rather than choose something.
_WORDS: Final = ("理由", "要求", "说明", "意见", "异议", "发现", "条款")


@dataclass(frozen=True)
class Dispatching:
    """What the dispatch room shows of a case, and the units beside its candidates."""

    view: DispatchView
    others: list[Unit]
    units: list[Unit]
    may_ask: bool


@dataclass(frozen=True)
class Form:
    """A verb's form with what was typed before; `filing` where it files a case, `dispatch` where it
    dispatches one that awaits it."""

    case: Case
    form: VerbForm
    matter: str
    draft: Draft | None
    filing: Filing | None
    dispatch: Dispatching | None = None

    @property
    def typed(self) -> dict[str, list[str]]:
        """Return what the draft holds, as the page fills it in."""
        return self.draft.data if self.draft else {}


@dataclass(frozen=True)
class Pane:
    """The case beside the list; `open_form` is the form shown at once, None where none fits."""

    page: CasePage
    map: dict[str, Any] | None
    letters: dict[str, str]
    open_form: Form | None
    missing: Away | None = None

    @property
    def brought(self) -> Moment | None:
        """The step that brought the case where it is, if whoever took it said something with it."""
        moved = next((one for one in self.page.moments if one.moved), None)
        if moved is None:
            return None
        said = [(title, value) for title, value in moved.said if title.endswith(_WORDS) and value]
        return replace(moved, said=said) if said else None


def pane_of(principal: Principal, number: str, verb: str = "") -> Pane:
    """Gather the pane; `verb` chooses another form than the primary one.

    Raises:
        NotFound: no such case, or not his to see.
    """
    page = case_page(principal, number)
    offered = {one.verb for one in page.offers}
    missing = missing_from(page.case, timezone.now())
    instead = "hand_over" if missing and "hand_over" in offered else ""
    asked = verb or instead or _likely(page)
    return Pane(
        page=page,
        map=nearby.map_of(principal, page.case),
        letters={one: letter_of(one) for one in offered},
        open_form=form_of(principal, page.case, asked) if asked in offered or verb else None,
        missing=missing,
    )


def form_of(principal: Principal, case: Case, verb: str) -> Form:
    """Give a verb's form with the person's draft.

    Raises:
        NotFound: the case's procedure has no such verb.
        NotAllowed: the verb is the system's.
    """
    spec = spec_of(case, verb)
    draft = draft_of(principal, case.pk, verb)
    return Form(
        case=case,
        form=_for_stand_in(verb_form(spec, case, principal), case),
        matter=words.matter_name(case.kind, case.matter_code),
        draft=draft,
        filing=_filing(principal, case, draft) if verb == "file" else None,
        dispatch=_dispatching(principal, case) if verb == "dispatch" else None,
    )


def _for_stand_in(form: VerbForm, case: Case) -> VerbForm:
    """Choose the stand-in where a case is handed over from somebody who is away."""
    missing = missing_from(case, timezone.now()) if form.verb.name == "hand_over" else None
    if missing is None or missing.stand_in is None:
        return form
    b = str(missing.stand_in)
    widgets = [
        replace(one, value=b)
        if one.kind == "person" and any(value == b for value, _, _ in one.options)
        else one
        for one in form.widgets
    ]
    return replace(form, widgets=widgets)


def spec_of(case: Case, verb: str) -> VerbSpec:
    """Give a verb of the case's own procedure; raises as `form_of`."""
    spec = definition_of(case.definition_id).verbs.get(verb)
    if spec is None or spec.new:
        raise NotFound("desk.verb", f"案件没有动作“{verb}”。", mend="请在办理栏重新选择。")
    if spec.hidden:
        raise NotAllowed("desk.verb_hidden", f"“{spec.title}”由系统办理。", mend="请选择其他动作。")
    return spec


def _likely(page: CasePage) -> str:
    """Give the verb whose form is shown at once: the primary one, verifying what the
    public says, or one's part in a case that another leads."""
    case = page.case
    first = page.offers[0] if page.offers else None
    if any(one.verb == "finish_assist" for one in page.offers):
        return "finish_assist"
    if first is None or not first.primary:
        return ""
    if first.verb == "file" and case.source in PUBLIC_SOURCES and not case.finding:
        return "request_verification"
    return first.verb


def _dispatching(principal: Principal, case: Case) -> Dispatching | None:
    if case.state != AWAITING or case.main_case_id is not None:
        return None
    view = dispatch_view(principal, case, timezone.now())
    others, every = units_beside(view)
    return Dispatching(view, others, every, may_be_asked(view))


def _filing(principal: Principal, case: Case, draft: Draft | None) -> Filing:
    typed = draft.data if draft else {}
    chosen = (typed.get("matter") or [""])[-1]
    try:
        kind, code = read_matter(chosen)
    except Invalid:
        # Drafts are the browser's words: a matter that isn't one is as good as none.
        kind, code = "", ""
    return filing_of(principal, case, kind, code, (typed.get("rule") or [""])[-1])
