"""Who administers what: three administrators, each bounded to an organisation subtree."""

from __future__ import annotations

from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.enums import Capability
from chengguan.core.errors import NotAllowed

_WHO = {
    Capability.MANAGE_SYSTEM: "系统管理员",
    Capability.MANAGE_SECURITY: "安全管理员",
    Capability.SEE_AUDIT: "审计管理员",
}


def require(principal: Principal, capability: Capability, organisation_path: str) -> None:
    """Let only an administrator of this subtree pass; an empty path is the whole tree.

    Raises:
        NotAllowed: the capability is not held, or for another part of the tree.
    """
    if reaches(principal, capability, organisation_path):
        return
    who = _WHO.get(capability, capability.label)
    raise NotAllowed(
        "accounts.not_allowed", f"只有本机构范围的{who}可以这样做。", mend=f"请联系{who}办理。"
    )


def reaches(principal: Principal, capability: Capability, organisation_path: str) -> bool:
    """Say whether the capability is held over this subtree."""
    return principal.is_system or any(
        organisation_path.startswith(held.organisation_path)
        for held in principal.holding(capability)
    )
