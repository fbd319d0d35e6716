"""The organisation tree. `path` holds every ancestor's id, so that a subtree is a prefix.

Paths are copied by value into rows above (who handles a case); `signals.organisation_moved`
tells the packages above, in the same transaction, to follow a move.
"""

from __future__ import annotations

from django.db import IntegrityError, connection, transaction

from chengguan.accounts import signals
from chengguan.accounts.domain.loading import REVISION
from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.domain.rights import require
from chengguan.accounts.enums import Capability, Level, OrganisationKind
from chengguan.accounts.models import Organisation
from chengguan.audit.domain.record import record
from chengguan.core.errors import Conflict, Invalid
from chengguan.store import revisions

_TREE_LOCK = 0x6F726774  # "orgt"
_MANAGE = Capability.MANAGE_SYSTEM


@transaction.atomic
def create_organisation(
    *,
    code: str,
    name: str,
    kind: OrganisationKind,
    principal: Principal,
    parent: Organisation | None = None,
    level: Level = Level.DISTRICT,
    area_code: str = "",
    credit_code: str = "",
    made_up: bool = False,
) -> Organisation:
    """Add an organisation below `parent`, or a root (only for an administrator of the whole tree).

    Raises:
        NotAllowed: no system administrator of the parent's subtree.
        Conflict: the code is taken.
        Invalid: code or name is empty.
    """
    _lock_tree()
    above = _fresh(parent).path if parent else ""
    require(principal, _MANAGE, above)
    code, name = code.strip(), _named(name)
    if not code:
        raise Invalid("accounts.organisation_code", "机构代码不能为空。", field="code")
    made = Organisation(
        code=code,
        name=name,
        kind=kind,
        parent=parent,
        level=level,
        area_code=area_code,
        credit_code=credit_code,
        made_up=made_up,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            "accounts.organisation_code_taken",
            f"机构代码“{code}”已存在。",
            field="code",
            mend="请换一个代码。",
        ) from error
    made.path = f"{above or '/'}{made.pk}/"
    Organisation.objects.filter(pk=made.pk).update(path=made.path)
    _note("accounts.organisation_created", made, principal, name=name, path=made.path)
    return made


@transaction.atomic
def rename_organisation(organisation: Organisation, name: str, *, principal: Principal) -> None:
    """Give an organisation another name; rows that carry the old one by value keep it."""
    require(principal, _MANAGE, organisation.path)
    before, organisation.name = organisation.name, _named(name)
    Organisation.objects.filter(pk=organisation.pk).update(name=organisation.name)
    _note("accounts.organisation_renamed", organisation, principal, before=before, after=name)


@transaction.atomic
def move_organisation(
    organisation: Organisation, parent: Organisation | None, *, principal: Principal
) -> None:
    """Hang an organisation and all below it under another parent.

    Raises:
        NotAllowed: not an administrator of both the old and the new place.
        Conflict: the new parent lies below the organisation itself.
    """
    _lock_tree()
    moving = _fresh(organisation)
    target = _fresh(parent) if parent else None
    require(principal, _MANAGE, moving.path)
    require(principal, _MANAGE, target.path if target else "")
    if target and target.path.startswith(moving.path):
        raise Conflict(
            "accounts.organisation_cycle",
            f"“{target.name}”是“{moving.name}”的下级或其本身，不能作为它的上级。",
            mend="请选择别的上级机构。",
        )
    before, after = moving.path, f"{target.path if target else '/'}{moving.pk}/"
    if before == after:
        return
    Organisation.objects.filter(pk=moving.pk).update(parent=target)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_organisation SET path = %s || substr(path, %s)"
            " WHERE starts_with(path, %s)",
            [after, len(before) + 1, before],
        )
    organisation.parent, organisation.path = target, after
    signals.organisation_moved.send(Organisation, organisation=moving, before=before, after=after)
    _note("accounts.organisation_moved", moving, principal, before=before, after=after)


@transaction.atomic
def close_organisation(organisation: Organisation, *, principal: Principal) -> None:
    """Take an organisation out of use: posts held in it are void, its people stay."""
    require(principal, _MANAGE, organisation.path)
    organisation.active = False
    Organisation.objects.filter(pk=organisation.pk).update(active=False)
    _note("accounts.organisation_closed", organisation, principal)


def _named(name: str) -> str:
    name = name.strip()
    if not name or len(name) > 80:
        raise Invalid("accounts.organisation_name", "机构名称应为 1 至 80 字。", field="name")
    return name


def _lock_tree() -> None:
    # Two moves at once could make a cycle out of two moves that are each fine.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TREE_LOCK])


def _fresh(organisation: Organisation) -> Organisation:
    return Organisation.objects.get(pk=organisation.pk)


def _note(
    action: str, organisation: Organisation, principal: Principal, **detail: str | None
) -> None:
    record(
        action,
        actor=principal.actor(_MANAGE),
        subject_type="accounts.organisation",
        subject_id=organisation.code,
        detail={"code": organisation.code, **detail},
    )
    revisions.bump(REVISION, "organisations")
