"""A stolen session: used by another agent after its owner has signed out, changed the password, been
locked, or signed in elsewhere; and a token that has been revoked.
"""

from __future__ import annotations

import http.cookiejar
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

from ..drilling import Drill, Fault, Struck
from ..house import DrillError
from ..inside import PASSWORD

_OUT, _CHANGED, _LOCKED, _SINGLE = "drill-out", "drill-password", "drill-locked", "drill-single"
_NEW = "Another-2026-xunlian"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
#: How soon a token's end must be known to every process.
_SOON = 3.0


@dataclass
class Browser:
    """A browser as far as a session needs one: cookies, forms with their CSRF token."""

    address: str
    agent: str = "Mozilla/5.0 (drill)"
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def __post_init__(self) -> None:
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar), _Stay()
        )

    def get(self, path: str) -> tuple[int, str]:
        """Give status and text of a page; redirects are not followed."""
        return self._ask(urllib.request.Request(self.address + path))

    def post(self, form: str, target: str, **fields: str) -> tuple[int, str]:
        """Fetch `form` for its CSRF token and post the fields to `target`.

        Raises:
            DrillError: there is no form.
        """
        status, text = self.get(form)
        found = _TOKEN.search(text)
        if found is None:
            raise DrillError(f"no form at {form}: {status}")
        data = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": found[1]}).encode()
        headers = {"Referer": self.address + form}
        return self._ask(urllib.request.Request(self.address + target, data, headers))

    def sign_in(self, username: str) -> None:
        """Sign in by password.

        Raises:
            DrillError: it was refused.
        """
        status, text = self.post("/login/", "/login/", login=username, password=PASSWORD)
        if status != 302:
            raise DrillError(f"{username} can't sign in: {status} {text[:300]}")

    def stolen(self) -> Browser:
        """Give another agent with the same session cookie, and nothing else."""
        thief = Browser(self.address, "curl/8 (thief)")
        for cookie in self.jar:
            if cookie.name == "sessionid":
                thief.jar.set_cookie(cookie)
        return thief

    def may_read(self) -> int:
        """Give the status of a list of cases over the API."""
        return self.get("/api/v1/cases?size=1")[0]

    def _ask(self, request: urllib.request.Request) -> tuple[int, str]:
        request.add_header("User-Agent", self.agent)
        try:
            with self._opener.open(request, timeout=20) as answer:
                return int(answer.status), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given: object, **named: object) -> None:
        return None


def stolen(drill: Drill) -> Struck:
    """Steal four sessions and a token; each must be refused once its owner has acted, and audited."""
    struck = Struck(time.monotonic())
    for title, username, act, action in (
        ("退出登录后", _OUT, _sign_out, ""),
        ("修改口令后", _CHANGED, _change_password, "accounts.session_refused"),
        ("账号锁定后", _LOCKED, _lock, "accounts.session_refused"),
        ("别处登录后（单会话）", _SINGLE, _elsewhere, "accounts.sign_out"),
    ):
        _one(drill, struck, title, username, act, action)
    _token(drill, struck)
    time.sleep(drill.hold / 8)
    return struck


def _one(
    drill: Drill, struck: Struck, title: str, username: str,
    act: Callable[[Drill, Browser], None], action: str,
) -> None:  # fmt: skip
    owner = Browser(drill.house.address)
    owner.sign_in(username)
    thief = owner.stolen()
    before = thief.may_read()
    seen = drill.house.sql("SELECT now()")[0][0]
    act(drill, owner)
    pages = [thief.may_read(), thief.get("/cases/")[0], thief.get("/cases/new/")[0]]
    if before != 200:
        struck.wrong.append(f"{title}：被盗会话起初就不能用（{before}），什么也没有考验")
    if pages[0] != 401 or 200 in pages[1:]:
        struck.wrong.append(f"{title}：被盗会话得到 {pages}")
    wanted = action or "accounts.sign_out"
    noted = drill.house.sql(
        "SELECT count(*) FROM audit_entry WHERE recorded_at >= %s AND action = %s"
        " AND subject_id = %s",
        [seen, wanted, username],
    )[0][0]
    if noted == 0:
        struck.wrong.append(f"{title}：审计中没有 {wanted}")
    struck.notes.append(f"{title}：接口 {pages[0]}，页面 {pages[1]}；审计 {wanted} {noted} 条")


def _sign_out(drill: Drill, owner: Browser) -> None:
    owner.post("/logout/", "/logout/")


def _change_password(drill: Drill, owner: Browser) -> None:
    # On another machine: the session in which it is changed gets a new key at once.
    other, path = Browser(drill.house.address), "/accounts/password/"
    other.sign_in(_CHANGED)
    status, text = other.post(path, path, oldpassword=PASSWORD, password1=_NEW, password2=_NEW)
    if status != 302:
        raise DrillError(f"the password could not be changed: {status} {text[-500:]}")
    if other.may_read() != 200:
        raise DrillError("whoever changes the password must stay signed in")


def _lock(drill: Drill, owner: Browser) -> None:
    _inside(drill, "lock", _LOCKED)


def _elsewhere(drill: Drill, owner: Browser) -> None:
    Browser(drill.house.address).sign_in(_SINGLE)


def _token(drill: Drill, struck: Struck) -> None:
    given = _inside(drill, "issue", _OUT)

    def status() -> int:
        request = urllib.request.Request(
            f"{drill.house.address}/api/v1/cases?size=1",
            headers={"Authorization": f"Bearer {given['token']}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    before = [status() for _ in range(6)]
    _inside(drill, "revoke", str(given["id"]))
    time.sleep(_SOON)
    after = [status() for _ in range(6)]
    if set(before) != {200} or set(after) != {401}:
        struck.wrong.append(f"令牌注销：之前 {before}，{_SOON:.0f} 秒后 {after}")
    struck.notes.append(f"令牌注销 {_SOON:.0f} 秒后：{sorted(set(after))}")


def _inside(drill: Drill, *words: str) -> dict[str, str]:
    done = drill.house.start_command("-m", "drill.inside", *words)
    said, _ = done.communicate(timeout=120)
    if done.returncode != 0:
        raise DrillError(said)
    found: dict[str, str] = json.loads(said.strip().splitlines()[-1])
    return found


FAULTS = [
    Fault(
        "stolen_session",
        "会话被盗用",
        "会话 Cookie 与令牌在本人退出、改口令、被锁定、别处登录、注销之后由另一客户端使用",
        "在“账号”中锁定账号或注销令牌，并按审计记录核查。",
        stolen,
    ),
]
