"""What the three administrators can't reach by a detour: wider areas, and each other's posts."""

from __future__ import annotations

import pytest
from accounts.administrators import Bureau, bureau, post
from accounts.people import grant, organisation, person

from chengguan.accounts.domain.grants import grant_post
from chengguan.accounts.domain.principal import Principal, principal_of
from chengguan.accounts.models import Grant, Organisation
from chengguan.core.errors import Conflict, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def b() -> Bureau:
    return bureau()


@pytest.fixture
def street(b: Bureau) -> Organisation:
    return organisation("街道办", parent=b.root, area_code="310115501")


@pytest.fixture
def street_security(street: Organisation) -> Principal:
    user = person("街道安全管理员", at=street, username="street-security")
    grant(user, post("security_admin"))
    return principal_of(user)


class TestAreas:
    @pytest.mark.parametrize("area_code", ["31", "310115", "310115502"])
    def test_nobody_grants_an_area_beyond_the_own(
        self, street: Organisation, street_security: Principal, area_code: str
    ) -> None:
        user = person("李四", at=street)
        with pytest.raises(NotAllowed, match="区划范围"):
            grant_post(user, post("dispatcher"), principal=street_security, area_code=area_code)
        assert Grant.objects.filter(user=user).count() == 0

    def test_an_organisation_without_an_area_is_not_everywhere(
        self, street: Organisation, street_security: Principal
    ) -> None:
        user = person("李四", at=organisation("保洁公司", parent=street))
        with pytest.raises(NotAllowed, match="区划范围"):
            grant_post(user, post("dispatcher"), principal=street_security)
        # A post by unit reaches what the unit handles, wherever that lies.
        grant_post(user, post("handler"), principal=street_security)

    def test_the_own_area_and_what_lies_in_it_may_be_granted(
        self, street: Organisation, street_security: Principal
    ) -> None:
        user = person("李四", at=street)
        grant_post(user, post("dispatcher"), principal=street_security)
        grant_post(user, post("acceptor"), principal=street_security, area_code="310115501001")
        assert Grant.objects.filter(user=user).count() == 2

    def test_the_administrator_of_the_whole_tree_may_grant_any_area(self, b: Bureau) -> None:
        user = person("李四", at=b.root)
        grant_post(user, post("dispatcher"), principal=b.security, area_code="310115")
        assert Grant.objects.filter(user=user).count() == 1


class TestSystemAccounts:
    @pytest.mark.parametrize("code", ["system_admin", "security_admin", "audit_admin"])
    def test_none_of_the_three_posts_goes_to_a_system_account(self, b: Bureau, code: str) -> None:
        # Its token is the security administrator's to issue: he would hold that post as well.
        user = person("对接平台", at=b.root, is_system=True)
        with pytest.raises(Conflict, match="三权分立"):
            grant_post(user, post(code), principal=b.security)
        assert Grant.objects.filter(user=user).count() == 0
