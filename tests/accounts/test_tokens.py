"""Bearer tokens: shown once, kept as a digest, ended at once."""

from __future__ import annotations

from datetime import timedelta
from time import sleep

import pytest
import time_machine
from django.utils import timezone

from accounts.administrators import Bureau, bureau
from accounts.people import person
from chengguan.accounts.domain.grants import lock
from chengguan.accounts.domain.principal import principal_of
from chengguan.accounts.domain.tokens import (
    digest_of,
    issue_token,
    principal_of_token,
    revoke_token,
)
from chengguan.accounts.models import ApiToken, User
from chengguan.audit.models import Entry
from chengguan.core.errors import Invalid, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def b() -> Bureau:
    return bureau()


def _target(b: Bureau) -> User:
    return person(at=b.root, username="target")


class TestTokens:
    def test_only_the_digest_is_kept(self, b: Bureau) -> None:
        user = _target(b)
        token, raw = issue_token(user, name="脚本", principal=principal_of(user))
        assert raw.startswith("cg_")
        assert list(ApiToken.objects.values_list("digest", flat=True)) == [digest_of(raw)]
        assert raw not in str(list(Entry.objects.values_list("detail", flat=True)))
        assert principal_of_token(raw) == principal_of(user)
        assert principal_of_token(raw + "x") is None
        assert principal_of_token(token.digest) is None

    def test_the_token_of_a_person_is_the_person_s(self, b: Bureau) -> None:
        with pytest.raises(NotAllowed, match="本人"):
            issue_token(b.user(b.audit), name="x", principal=b.security)

    def test_it_ends_when_revoked_expired_or_locked(self, b: Bureau) -> None:
        user = _target(b)
        me = principal_of(user)
        token, raw = issue_token(user, name="a", principal=me)
        with pytest.raises(NotAllowed):
            revoke_token(token, principal=b.audit)
        assert principal_of_token(raw) is not None
        revoke_token(token, principal=b.security)
        assert principal_of_token(raw) is None
        _, raw = issue_token(user, name="b", principal=me)
        lock(user, principal=b.security)
        assert principal_of_token(raw) is None

    def test_an_expired_one_is_nobody(self, b: Bureau) -> None:
        user = _target(b)
        soon = timezone.now() + timedelta(seconds=1)
        token, raw = issue_token(user, name="a", principal=principal_of(user), expires_at=soon)
        ApiToken.objects.filter(pk=token.pk).update(expires_at=soon - timedelta(days=1))
        assert principal_of_token(raw) is None
        with pytest.raises(Invalid, match="将来"), time_machine.travel(soon + timedelta(1)):
            issue_token(user, name="a", principal=principal_of(user), expires_at=soon)

    def test_a_kept_one_ends_when_it_ends(self, b: Bureau) -> None:
        user = _target(b)
        until = timezone.now() + timedelta(seconds=0.4)
        _, raw = issue_token(user, name="a", principal=principal_of(user), expires_at=until)
        assert principal_of_token(raw) is not None
        sleep(max(0.0, (until - timezone.now()).total_seconds()) + 0.05)
        assert principal_of_token(raw) is None
