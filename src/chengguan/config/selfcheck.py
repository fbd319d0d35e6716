"""Is a started installation really working? Asked over HTTP, as people and machines use it.

Health, sign-in, pages, the built assets, the live stream, and one report on its way to
becoming a case. Standard library only; the report is marked as made by a self-check.
"""

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Any

_LEFT_OUT = ("/logout", "/static/", "/stream/", "/api/")
_TIMEOUT = 30.0

Progress = Callable[[str], None]


class CheckFailedError(RuntimeError):
    """What did not work, in Chinese; `status` is the HTTP status, 0 where there was none."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


def run(
    address: str,
    stream: str,
    accounts: Sequence[tuple[str, str]],
    *,
    life: bool = False,
    progress: Progress,
) -> None:
    """Go through all checks; `accounts` are (username, password) pairs, all of which must work.

    With `life` the demo's made-up cases must be there, marked, with their pictures.

    Raises:
        CheckFailedError: the first that fails, with what was answered.
    """
    for path in ("/healthz", "/readyz", "/metrics"):
        _Visitor(address).get(path)
    progress("· 健康检查、就绪检查、指标：正常")
    visitors = [_Visitor(address) for _ in accounts]
    # Testing a password is slow on purpose; side by side it is not slow in sum.
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(_Visitor.sign_in, visitors, *zip(*accounts, strict=True)))
    progress(f"· {len(accounts)} 个演示账号登录：正常")
    try:
        reporter = _who_may_report(visitors)
        progress(f"· {_check_pages(reporter)} 个页面与其资源：正常")
        progress(f"· 上报成案：{_report(reporter)}")
        if life:
            progress(f"· 模拟案件：{_check_life(reporter)}")
    except (KeyError, TypeError, ValueError) as error:
        raise CheckFailedError(f"接口应答的形式不对：{error!r}") from error
    _check_stream(reporter, stream)
    progress("· 实时推送：正常")


class _Visitor:
    """A browser of few abilities: cookies, forms, JSON."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.place: dict[str, Any] = {}
        self.fetched: set[str] = set()
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> str:
        return self.ask(urllib.request.Request(urllib.parse.urljoin(self.address, path)))[0]  # noqa: S310

    def ask(self, request: urllib.request.Request) -> tuple[str, str]:
        """Give (text, final address) of a successful answer."""
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                return answer.read().decode("utf-8", "replace"), answer.url
        except urllib.error.HTTPError as error:
            said = error.read().decode("utf-8", "replace")[:400]
            raise CheckFailedError(
                f"{request.full_url} 应答 {error.code}：{said}", error.code
            ) from error
        except OSError as error:
            raise CheckFailedError(f"{request.full_url} 没有应答：{error}") from error

    def cookie(self, name: str) -> str:
        return next((each.value or "" for each in self.cookies if each.name == name), "")

    def sign_in(self, username: str, password: str) -> None:
        page, at = self.ask(urllib.request.Request(f"{self.address}/login/"))  # noqa: S310
        form = _Form.of(page)
        fields = {**form.hidden, form.text: username, form.secret: password}
        request = urllib.request.Request(  # noqa: S310
            at, urllib.parse.urlencode(fields).encode(), {"Referer": at}
        )
        _, arrived = self.ask(request)
        if "/login" in urllib.parse.urlsplit(arrived).path:
            raise CheckFailedError(f"演示账号 {username} 登录后仍停在登录页。")

    def send_json(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310
            self.address + path,
            json.dumps(body).encode(),
            {
                "Content-Type": "application/json",
                "Referer": f"{self.address}/",
                "X-CSRFToken": self.cookie("csrftoken"),
                "Idempotency-Key": str(body["key"]),
            },
        )
        answer: dict[str, Any] = json.loads(self.ask(request)[0])
        return answer


class _Form(HTMLParser):
    """The fields of the first form: hidden ones by name, the text and the password field."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.text = self.secret = ""

    @classmethod
    def of(cls, page: str) -> "_Form":
        form = cls()
        form.feed(page)
        if not form.text or not form.secret:
            raise CheckFailedError("登录页上没有账号与密码输入框。")
        return form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, kind = given.get("name") or "", given.get("type") or "text"
        if tag != "input" or not name:
            return
        if kind == "hidden":
            self.hidden[name] = given.get("value") or ""
        elif kind == "password":
            self.secret = self.secret or name
        elif kind in {"text", "email"}:
            self.text = self.text or name


def _check_pages(visitor: _Visitor) -> int:
    home = visitor.get("/")
    links = {urllib.parse.urlsplit(link).path for link in re.findall(r'href="(/[^"]*)"', home)}
    pages = sorted(link for link in links | {"/cases/"} if not link.startswith(_LEFT_OUT))
    for page in pages:
        text = visitor.get(page)
        if "<html" in text:
            _check_assets(visitor, page, text)
    return len(pages)


def _check_assets(visitor: _Visitor, page: str, text: str) -> None:
    links = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text))
    if not links:
        raise CheckFailedError(f"{page} 没有引用页面资源；请检查 var/assets 是否已构建。")
    for link in links - visitor.fetched:
        visitor.get(link)
        visitor.fetched.add(link)


def _who_may_report(visitors: Sequence[_Visitor]) -> _Visitor:
    for visitor in visitors:
        try:
            visitor.place = _some_place(visitor)
            visitor.send_json("/api/v1/reports", _body(visitor))
        except CheckFailedError as error:
            if error.status == HTTPStatus.FORBIDDEN:
                continue
            raise
        return visitor
    raise CheckFailedError("没有一个演示账号既能看到案件又能上报。")


def _some_place(visitor: _Visitor) -> dict[str, Any]:
    listed = json.loads(visitor.get("/api/v1/cases?size=50"))
    for case in listed["rows"]:
        if case["point"]:
            return dict(zip(("lon", "lat"), case["point"], strict=True))
    raise CheckFailedError("没有可见的案件。", HTTPStatus.FORBIDDEN)


def _body(visitor: _Visitor) -> dict[str, Any]:
    key = f"selfcheck-{uuid.uuid4().hex[:12]}"
    return {"key": key, "text": f"自检上报 {key}（虚构）", **visitor.place}


def _report(visitor: _Visitor) -> str:
    body = _body(visitor)
    first = visitor.send_json("/api/v1/reports", body)
    again = visitor.send_json("/api/v1/reports", body)
    if again["number"] != first["number"] or again["created"]:
        raise CheckFailedError(f"同一幂等键重发得到了另一个案件：{first} {again}")
    number = str(first["number"])
    if number not in visitor.get(f"/api/v1/cases?number={number}"):
        raise CheckFailedError(f"上报成功，但案件列表中看不到 {number}。")
    if number not in visitor.get(f"/cases/{number}/"):
        raise CheckFailedError(f"案件 {number} 的页面上没有案号。")
    return number


def _check_life(visitor: _Visitor) -> str:
    query = urllib.parse.urlencode({"q": "模拟", "state": "closed", "size": 1})
    listed = json.loads(visitor.get(f"/api/v1/cases?{query}"))["rows"]
    if not listed:
        raise CheckFailedError("看不到模拟案件；请重新运行 make demo，或加 LIFE=0。")
    case = listed[0]
    if "模拟" not in case["text"] or "模拟" not in case["address"]:
        raise CheckFailedError(f"模拟案件 {case['number']} 没有标明“模拟”。")
    page = visitor.get(f"/cases/{case['number']}/")
    pictures = sorted(set(re.findall(r'src="(/files/[^"]+)"', page)))
    if not pictures:
        raise CheckFailedError(f"模拟案件 {case['number']} 的页面上没有图。")
    for picture in pictures:
        visitor.get(picture)
    return f"{case['number']} 及其 {len(pictures)} 张图正常"


def _check_stream(visitor: _Visitor, stream: str) -> None:
    request = urllib.request.Request(  # noqa: S310
        stream, headers={"Cookie": f"sessionid={visitor.cookie('sessionid')}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            kind = answer.headers.get_content_type()
    except OSError as error:
        raise CheckFailedError(f"实时推送 {stream} 没有应答：{error}") from error
    if kind != "text/event-stream":
        raise CheckFailedError(f"实时推送应答的是 {kind}，不是 text/event-stream。")
