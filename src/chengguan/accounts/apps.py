"""Who is who: people, organisations, posts, grants."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """机构与账号."""

    name = "chengguan.accounts"
    label = "accounts"
    verbose_name = "机构与账号"

    def ready(self) -> None:
        from chengguan.accounts import receivers  # noqa: F401
        from chengguan.accounts.enums import Capability
        from chengguan.ui import navigation, slots

        both = (Capability.MANAGE_SYSTEM.value, Capability.MANAGE_SECURITY.value)
        system = Capability.MANAGE_SYSTEM.value
        navigation.register(
            navigation.Entry("人员账号", "accounts:users-list", "系统", 70, both, "user"),
            navigation.Entry("新建账号", "accounts:users-new", "系统", 71, system, "plus"),
            navigation.Entry("机构", "accounts:organisations-list", "系统", 80, both),
        )
        slots.fill("shell.user.links", "accounts/_own_links.html")
