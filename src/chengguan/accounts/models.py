"""People, organisations, posts and grants.

A grant is post × organisation subtree × area subtree × matters × dates. Areas and matters are
named by code, not by foreign key: the registry stands above accounts, and the codes of
GB/T 2260 and GB/T 47678.5 are hierarchical, so a subtree is a prefix.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from chengguan.store.fields import CodeField

from .enums import Level, OrganisationKind


class Organisation(models.Model):
    """A node of the organisation tree; `path` is `/1/7/12/`, so that a subtree is a prefix."""

    code = CodeField("机构代码", max_length=40, unique=True)
    name = models.CharField("机构名称", max_length=80)
    kind = models.CharField("类别", max_length=12, choices=OrganisationKind)
    level = models.CharField("层级", max_length=10, choices=Level, default=Level.DISTRICT)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name="上级机构",
        null=True,
        blank=True,
        related_name="children",
    )
    path = CodeField("路径", max_length=200, blank=True, editable=False)
    area_code = CodeField("所属区划", max_length=15, blank=True)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    active = models.BooleanField("启用", default=True)
    made_up = models.BooleanField("虚构", default=False, help_text="演示数据，并非真实机构")

    class Meta:
        verbose_name = verbose_name_plural = "机构"
        indexes = [models.Index(fields=["path"], name="accounts_org_path")]

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """A post (岗位) and what it may do."""

    code = CodeField("岗位代码", max_length=40, unique=True)
    name = models.CharField("岗位名称", max_length=40)
    level = models.CharField("层级", max_length=10, choices=Level, default=Level.DISTRICT)
    capabilities = ArrayField(models.CharField(max_length=40), verbose_name="权限", default=list)
    by_unit = models.BooleanField(
        "按单位", default=False, help_text="范围是本机构及下级所处置的案件，而不是一片区域"
    )
    separate = models.CharField(
        "互斥组", max_length=20, blank=True, help_text="同组岗位不得由一人兼任（三权分立）"
    )

    class Meta:
        verbose_name = verbose_name_plural = "岗位"

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    """Finds users by username, as Django's authentication needs it."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """A person who signs in, or a system account of another platform."""

    username = models.CharField("账号", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=40)
    email = models.EmailField("邮箱", blank=True)
    phone = models.CharField("电话", max_length=20, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="所属机构")
    is_active = models.BooleanField("启用", default=True)
    is_system = models.BooleanField("系统账号", default=False)
    single_session = models.BooleanField("仅限单点登录", default=False)
    session_key = models.CharField(max_length=40, blank=True, editable=False)
    locked = models.BooleanField("停用锁定", default=False, help_text="由安全管理员锁定")
    failed_logins = models.PositiveSmallIntegerField("连续失败次数", default=0)
    locked_until = models.DateTimeField("锁定至", null=True, blank=True)
    password_changed_at = models.DateTimeField("改密时间", null=True, blank=True)
    must_change_password = models.BooleanField("须改密码", default=False)
    made_up = models.BooleanField("虚构", default=False, help_text="演示数据，并非真实人员")
    created_at = models.DateTimeField("建立时间", db_default=Now())

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = UserManager()

    class Meta:
        verbose_name = verbose_name_plural = "人员"

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    @property
    def is_staff(self) -> bool:
        return False

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False


class Grant(models.Model):
    """Who holds which post, where, over what, from when to when (the last day included)."""

    user = models.ForeignKey(User, models.CASCADE, verbose_name="人员", related_name="grants")
    post = models.ForeignKey(Post, models.PROTECT, verbose_name="岗位")
    organisation = models.ForeignKey(Organisation, models.PROTECT, verbose_name="机构范围")
    area_code = CodeField("区划范围", max_length=15, blank=True, help_text="空为机构所属区划")
    matters = ArrayField(
        models.CharField(max_length=8),
        verbose_name="事项范围",
        default=list,
        blank=True,
        help_text="事项代码或其前缀；空为不限",
    )
    valid_from = models.DateField("起")
    valid_to = models.DateField("止", null=True, blank=True)
    granted_by = models.CharField("授权人", max_length=40, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "授权"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="accounts_grant_dates",
                violation_error_message="止日不能早于起日",
            )
        ]
        indexes = [models.Index(fields=["user", "valid_from"], name="accounts_grant_user")]

    def __str__(self) -> str:
        return f"{self.user} {self.post}"


class ApiToken(models.Model):
    """A bearer token of a person or system account; only its SHA-256 is kept."""

    user = models.ForeignKey(User, models.CASCADE, verbose_name="账号", related_name="tokens")
    name = models.CharField("用途", max_length=60)
    digest = models.CharField("摘要", max_length=64, unique=True)
    created_at = models.DateTimeField("建立时间", db_default=Now())
    expires_at = models.DateTimeField("有效期至", null=True, blank=True)
    revoked_at = models.DateTimeField("吊销时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "接口令牌"

    def __str__(self) -> str:
        return self.name


class Screen(models.Model):
    """展示屏: a wall that stays signed in for weeks. It reads, from one address, until a day.

    `code` opens it once within minutes and is kept as SHA-256; the session that it begins names
    the row and lives as long as the row does (ADR 0021).
    """

    user = models.ForeignKey(User, models.PROTECT, verbose_name="账号", related_name="screens")
    name = models.CharField("屏幕", max_length=60)
    address = models.GenericIPAddressField("地址")
    digest = models.CharField("开屏码摘要", max_length=64, unique=True)
    code_until = models.DateTimeField("开屏码有效至")
    created_at = models.DateTimeField("建立时间", db_default=Now())
    opened_at = models.DateTimeField("开屏时间", null=True, blank=True)
    expires_at = models.DateTimeField("授权至")
    revoked_at = models.DateTimeField("收回时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "展示屏"

    def __str__(self) -> str:
        return self.name
