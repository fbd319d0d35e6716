"""Who may change the registry: checked before anything is read, refusals are audited."""

from __future__ import annotations

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.audit.domain.record import record
from chengguan.audit.enums import Result

from ..errors import not_allowed

_WORDS = {
    Capability.EDIT_REGISTRY: "维护台账",
    Capability.EDIT_DUTIES: "维护权责",
    Capability.SEE_REGISTRY: "查看台账",
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
    record(
        action,
        actor=principal.actor(),
        subject_type="registry",
        subject_id=area_code or "",
        result=Result.REFUSED,
        detail={"capability": str(capability)},
    )
    raise not_allowed(_WORDS.get(capability, "办理此事"))


def editable_prefixes(principal: Principal, capability: Capability) -> tuple[str, ...]:
    """Give the area codes under which `principal` may edit; ("",) is everywhere, () nowhere."""
    if principal.is_system:
        return ("",)
    return tuple(sorted({held.area_code for held in principal.holding(capability)}))
