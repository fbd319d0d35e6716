"""Who may see and change the registry: checked before anything is read, refusals are audited."""

from __future__ import annotations

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result

from ..errors import beyond, not_allowed

_WORDS = {
    Capability.EDIT_REGISTRY: "维护台账",
    Capability.EDIT_DUTIES: "维护权责",
    Capability.SEE_REGISTRY: "查看台账",
    Capability.LEAD: "撤销裁定先例",
}


def require(
    principal: Principal, capability: Capability, action: str, *, area_code: str | None = None
) -> None:
    """Pass only who holds `capability` (over `area_code` where given).

    Raises:
        NotAllowed: and the refusal is in the audit log, outside the caller's transaction.
    """
    if principal.can(capability, area_code=area_code):
        return
    _note(principal, capability, action, area_code or "")
    raise not_allowed(_WORDS.get(capability, "办理此事"))


def require_area(principal: Principal, action: str, area_code: str) -> None:
    """Pass only who may see the registry of an area ("": of everywhere).

    Raises:
        NotAllowed: it is not his area; the refusal is in the audit log.
    """
    if principal.can(Capability.SEE_REGISTRY, area_code=area_code):
        return
    _note(principal, Capability.SEE_REGISTRY, action, area_code)
    raise beyond(area_code)


def _note(principal: Principal, capability: Capability, action: str, area_code: str) -> None:
    record(
        action,
        actor=principal.actor(),
        subject_type="registry",
        subject_id=area_code,
        result=Result.REFUSED,
        detail={"capability": str(capability)},
    )


def editable_prefixes(principal: Principal, capability: Capability) -> tuple[str, ...]:
    """Give the area codes under which `principal` may edit; ("",) is everywhere, () nowhere."""
    if principal.is_system:
        return ("",)
    return tuple(sorted({held.area_code for held in principal.holding(capability)}))
