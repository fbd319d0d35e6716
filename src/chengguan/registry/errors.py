"""What the registry refuses, and the mend it says."""

from __future__ import annotations

from chengguan.core.errors import Conflict, Invalid, NotAllowed, NotFound


def not_allowed(what: str) -> NotAllowed:
    """The person holds no post that allows this."""
    return NotAllowed(
        "registry.not_allowed",
        f"您的岗位不能{what}。",
        mend="请联系系统管理员授予相应岗位，或请有权限的同事办理。",
    )


def beyond(area_code: str) -> NotAllowed:
    """The area isn't one of the person's."""
    return NotAllowed(
        "registry.area",
        f"区域 {area_code} 不在您的管辖范围内。" if area_code else "全部区域不在您的管辖范围内。",
        mend="请查询本辖区的区域，或请上级机构查询。",
        field="area_code",
    )


def unknown_area(code: str) -> NotFound:
    """No area has this code."""
    return NotFound(
        "registry.area_unknown",
        f"没有代码为“{code}”的区域。",
        mend="请核对区划代码，或先导入该区域。",
        area_code=code,
    )


def unknown_code(what: str, code: str) -> NotFound:
    """No row of this kind has this code."""
    return NotFound(
        "registry.unknown",
        f"没有代码为“{code}”的{what}。",
        mend="请核对代码。",
        value=code,
    )


def invalid(code: str, message: str, mend: str, field: str | None = None) -> Invalid:
    """A value can't be taken as it is."""
    return Invalid(f"registry.{code}", message, field=field, mend=mend)


def conflict(code: str, message: str, mend: str) -> Conflict:
    """The state of the registry doesn't allow it now."""
    return Conflict(f"registry.{code}", message, mend=mend)
