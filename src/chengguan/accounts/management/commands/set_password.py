"""`chengguan manage set_password NAME`: the way back in for the three administrators."""

from __future__ import annotations

from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chengguan.accounts.domain.passwords import set_password
from chengguan.accounts.domain.principal import Principal
from chengguan.accounts.models import User
from chengguan.core.errors import DomainError


class Command(BaseCommand):
    """Ask for a password twice and set it; the account must change it at the next sign-in."""

    help = "重置一个账号的密码（含系统、安全、审计管理员）；本人下次登录须修改，操作记入审计。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="账号")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.select_related("organisation").filter(username=username).first()
        if user is None:
            raise CommandError(f"没有账号“{username}”，请核对。")
        password = getpass("新密码：")
        if password != getpass("再输入一次："):
            raise CommandError("两次输入不一致，请重新运行。")
        try:
            set_password(user, password, principal=Principal.system("服务器控制台"))
        except DomainError as error:
            raise CommandError(" ".join(str(one) for one in (error, *error.also))) from error
        self.stdout.write(f"已重置 {user.name}（{username}）的密码。")
