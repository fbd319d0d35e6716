"""The network unplugged: with no address but the loopback the pages work, and nothing asks for more."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import factories
import pytest

from chengguan.config import paths

from .house import House

PORT: Final = 18_480
#: As root, or as anybody where user namespaces may be made.
WAYS: Final = (["unshare", "--net"], ["unshare", "--net", "--map-root-user"])
HEADINGS: Final = {
    "login": "登录",
    "home": "",
    "cases": "案件",
    "case": "",
    "registry-list": "区域与单元网格",
    "registry-map": "区域与单元网格",
}


@cache
def _namespace() -> list[str]:
    """How a namespace with only a loopback is made here; empty where it can't be."""
    for way in WAYS:
        try:
            done = subprocess.run([*way, "--", "true"], capture_output=True, check=False)
        except FileNotFoundError:
            return []
        if done.returncode == 0:
            return list(way)
    return []


def _visit(house: House) -> dict[str, Any]:
    shots = paths.VAR / "shots" / "offline"
    shots.mkdir(parents=True, exist_ok=True)
    script = str(Path(__file__).with_name("offline.py"))
    way = _namespace()
    given = [str(PORT), factories.PASSWORD, str(shots), "isolated" if way else "watched"]
    done = subprocess.run(
        [*way, sys.executable, script, *given],
        env=house.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


@pytest.mark.slow  # starts the whole system and a browser
@pytest.mark.browser
def test_pages_work_without_a_network(house: House) -> None:
    found = _visit(house)

    if _namespace():
        assert found["interfaces"] == ["lo"]
        assert found["way_out"] == "Network is unreachable"
    hosts = {urlsplit(url).hostname for url in found["requests"] if _leaves_the_page(url)}
    assert hosts == {"127.0.0.1"}
    assert (found["failed"], found["console"], found["refused"]) == ([], [], [])
    assert found["breach"] == ["img-src http://192.0.2.1/"], "the policy's refusals go unnoticed"
    assert found["revived"] is False

    assert {name: bool(page["heading"]) for name, page in found["pages"].items()} == dict.fromkeys(
        HEADINGS, True
    )
    maps = {name: page["maps"] for name, page in found["pages"].items() if page["maps"]}
    assert maps == {"case": [True], "registry-map": [True]}
    assert len(found["policies"]) == len(HEADINGS)
    for policy in found["policies"].values():
        _strict(policy)


def _strict(policy: str) -> None:
    rules = {name: rest for name, _, rest in (r.strip().partition(" ") for r in policy.split(";"))}
    assert rules["default-src"] == "'self'"
    for name in ("script-src", "style-src"):
        assert re.fullmatch(r"'self' 'nonce-[\w-]{20,}'", rules[name]), rules[name]
    assert (rules["object-src"], rules["base-uri"]) == ("'none'", "'none'")
    hosts = re.findall(r"\w+://([\w.]+)", policy)
    assert set(hosts) <= {"127.0.0.1"}


def _leaves_the_page(url: str) -> bool:
    return not url.startswith(("data:", "blob:"))
