"""The second factor."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.utils import is_mfa_enabled
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.administrators import bureau, post
from accounts.door import SECRET, START, code, noted, sign_in
from accounts.people import grant, person
from chengguan.accounts.models import User

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("cheap"),
    pytest.mark.urls("accounts.site"),
]


class TestSecondFactor:
    def activate(self, client: Client) -> str:
        page = client.get("/accounts/mfa/totp/activate/")
        if page.status_code == 302:
            client.post("/accounts/reauthenticate/", {"password": SECRET})
            page = client.get("/accounts/mfa/totp/activate/")
        secret = str(page.context["form"].secret)
        response = client.post("/accounts/mfa/totp/activate/", {"code": code(secret)})
        assert response.status_code == 302
        return secret

    def test_after_the_password_the_code(self, client: Client, alice: User) -> None:
        with time_machine.travel(START, tick=False) as clock:
            sign_in(client)
            secret = self.activate(client)
            client.post("/logout/")
            clock.shift(timedelta(seconds=60))
            response = sign_in(client)
            assert response["Location"] == "/accounts/mfa/authenticate/"
            assert client.get("/").content.decode() == "nobody"
            assert client.get("/accounts/mfa/authenticate/").status_code == 200
            wrong = client.post("/accounts/mfa/authenticate/", {"code": "000000"})
            assert wrong.status_code == 200
            assert client.get("/").content.decode() == "nobody"
            response = client.post("/accounts/mfa/authenticate/", {"code": code(secret)})
            assert response["Location"] == "/"
            assert client.get("/").content.decode() == "爱丽丝"
        assert [detail.get("reason") for _, detail in noted()] == [None, "second_factor", None]
        assert noted()[-1][1]["second_factor"] is True

    def test_the_secret_lies_encrypted(self, client: Client, alice: User) -> None:
        from allauth.mfa.models import Authenticator

        with time_machine.travel(START, tick=False):
            sign_in(client)
            secret = self.activate(client)
        kept = Authenticator.objects.get(type="totp").data["secret"]
        assert secret not in kept
        assert len(kept) > 90

    def test_wrong_codes_lock_as_wrong_passwords_do(self, client: Client, alice: User) -> None:
        with time_machine.travel(START, tick=False) as clock:
            sign_in(client)
            secret = self.activate(client)
            client.post("/logout/")
            clock.shift(timedelta(seconds=60))
            sign_in(client)
            for _ in range(5):
                client.post("/accounts/mfa/authenticate/", {"code": "000000"})
            response = client.post("/accounts/mfa/authenticate/", {"code": code(secret)})
            assert response.status_code == 200
            assert client.get("/").content.decode() == "nobody"

    def test_the_right_password_buys_no_more_codes(self, client: Client, alice: User) -> None:
        with time_machine.travel(START, tick=False) as clock:
            sign_in(client)
            secret = self.activate(client)
            client.post("/logout/")
            clock.shift(timedelta(seconds=60))
            for _ in range(4):
                sign_in(client)
                client.post("/accounts/mfa/authenticate/", {"code": "000000"})
            assert User.objects.get(pk=alice.pk).failed_logins == 4
            sign_in(client)
            client.post("/accounts/mfa/authenticate/", {"code": code(secret)})
            assert client.get("/").content.decode() == "爱丽丝"
            assert User.objects.get(pk=alice.pk).failed_logins == 0

    def test_a_recovery_code_opens_once(self, client: Client, alice: User) -> None:
        with time_machine.travel(START, tick=False):
            sign_in(client)
            self.activate(client)
            page = client.get("/accounts/mfa/recovery-codes/")
            spare = page.context["unused_codes"][0]
            for expected in ("爱丽丝", "nobody"):
                client.post("/logout/")
                sign_in(client)
                client.post("/accounts/mfa/authenticate/", {"code": spare})
                assert client.get("/").content.decode() == expected

    # allauth tells of a new second factor on commit.
    @pytest.mark.django_db(transaction=True)
    def test_administrators_can_be_made_to_use_it(self, client: Client, settings: Settings) -> None:
        settings.CHENGGUAN_SECOND_FACTOR = True
        b = bureau()
        chief = person("曹", at=b.root, username="alice", password=SECRET)
        grant(chief, post("audit_admin"))
        with time_machine.travel(timezone.now(), tick=False):
            sign_in(client)
            assert client.get("/")["Location"] == "/accounts/mfa/totp/activate/"
            self.activate(client)
            assert client.get("/").content.decode() == "曹"
            assert client.post("/accounts/mfa/totp/deactivate/").status_code == 200
            assert is_mfa_enabled(chief)

    def test_all_its_pages_open(self, client: Client, alice: User) -> None:
        with time_machine.travel(START, tick=False):
            sign_in(client)
            self.activate(client)
            for page in ("", "totp/deactivate/", "recovery-codes/", "recovery-codes/generate/"):
                assert client.get(f"/accounts/mfa/{page}").status_code == 200
        assert client.get("/logout/").status_code == 302
