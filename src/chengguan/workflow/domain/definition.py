"""Definitions as stored: published, frozen, pinned by their instances, cached by revision."""

from __future__ import annotations

from hashlib import sha256

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.core.errors import NotAllowed, NotFound
from chengguan.store import revisions
from chengguan.store.cache import revised

from ..enums import DefinitionStatus
from ..errors import DefinitionInvalid, Fault
from ..models import Definition
from .compiler import compile_definition
from .procedure import Procedure, procedure_of
from .shape import Compiled

__all__ = [
    "REVISION",
    "Compiled",
    "DefinitionInvalid",
    "Fault",
    "check",
    "compile_definition",
    "current",
    "definition_of",
    "differing",
    "ensure",
    "publish",
]

REVISION = "workflow.definitions"


def check(procedure: Procedure | str, source: str) -> Compiled:
    """Compile `source` with the functions, columns and terms of its procedure.

    Raises:
        DefinitionInvalid: with every fault and its line.
    """
    trade = procedure_of(procedure)
    compiled = compile_definition(
        source,
        guards=trade.guards,
        effects=trade.effects,
        limits=trade.limits,
        glossary=trade.glossary,
        capabilities=Capability.values,
        columns=trade.columns,
    )
    if compiled.code != trade.code:
        raise DefinitionInvalid([Fault(1, f"“code”应为“{trade.code}”，不是“{compiled.code}”")])
    return compiled


def publish(code: str, source: str, principal: Principal) -> Definition:
    """Publish `source` as the next version of procedure `code`; new instances start under it.

    Raises:
        NotAllowed: the principal may not edit procedures.
        DefinitionInvalid: with every fault and its line.
    """
    if not principal.can(Capability.EDIT_WORKFLOW):
        raise NotAllowed("workflow.edit", "您的岗位没有维护流程的权限。")
    compiled = check(code, source)
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two publishers would else give out the same version.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"workflow:{code}"])
        last = Definition.objects.filter(code=code).order_by("-version").first()
        definition = Definition.objects.create(
            code=code,
            version=last.version + 1 if last else 1,
            title=compiled.title,
            source=source,
            compiled=compiled.to_json(),
            digest=_digest(source),
            status=DefinitionStatus.PUBLISHED,
            published_at=timezone.now(),
            published_by=principal.name[:40],
        )
        record(
            "workflow.publish",
            actor=principal.actor(Capability.EDIT_WORKFLOW),
            subject_type="workflow.definition",
            subject_id=definition.pk,
            detail={"code": code, "version": definition.version, "digest": definition.digest},
        )
        revisions.bump(REVISION)
    return definition


def ensure(code: str, source: str, principal: Principal) -> Definition:
    """Publish `source` unless it is what is in force already; for set-up and upgrades."""
    newest = _published(code).first()
    if newest is not None and newest.digest == _digest(source):
        return newest
    return publish(code, source, principal)


def differing(code: str, source: str) -> Definition | None:
    """Give the version in force where its text is another than `source`; None where it is the same.

    Raises:
        NotFound: none has been published.
    """
    newest = _published(code).first()
    if newest is None:
        raise _unpublished(code)
    return None if newest.digest == _digest(source) else newest


def current(code: str) -> Compiled:
    """Return the newest published version of a procedure, under which instances begin.

    Raises:
        NotFound: none has been published.
    """
    return definition_of(_newest_id(code))


@revised(REVISION)
def definition_of(definition_id: int) -> Compiled:
    """Return the version an instance is pinned to."""
    stored = Definition.objects.get(pk=definition_id)
    return Compiled.from_json(stored.compiled, definition_id=stored.pk, version=stored.version)


@revised(REVISION)
def _newest_id(code: str) -> int:
    newest = _published(code).values_list("pk", flat=True).first()
    if newest is None:
        raise _unpublished(code)
    return newest


def _unpublished(code: str) -> NotFound:
    return NotFound(
        "workflow.unpublished", f"流程“{code}”还没有发布的版本。", mend="请先发布流程定义。"
    )


def _published(code: str) -> QuerySet[Definition]:
    return Definition.objects.filter(code=code, status=DefinitionStatus.PUBLISHED).order_by(
        "-version"
    )


def _digest(source: str) -> str:
    return sha256(source.encode()).hexdigest()
