"""Who is who: people, organisations, posts, grants."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """机构与账号."""

    name = "chengguan.accounts"
    label = "accounts"
    verbose_name = "机构与账号"

    def ready(self) -> None:
        from . import receivers  # noqa: F401
