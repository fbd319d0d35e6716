"""The house holds: what import-linter can't see points down too.

Foreign keys and template links (`extends`, `include`, `url`, `vite_asset` aside) may only go
from a package to one below it, in the same order as the imports.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from chengguan.config import paths

ORDER = (
    "config",
    "portal",
    "simulation",
    "command",
    "cases",
    "programmes",
    "telemetry",
    "registry",
    "workflow",
    "exchange",
    "notify",
    "files",
    "accounts",
    "audit",
    "store",
    "ui",
    "core",
)
FLOOR = {name: len(ORDER) - place for place, name in enumerate(ORDER)}
# The engines stand side by side: none may point to another.
FLOOR["programmes"] = FLOOR["telemetry"] = FLOOR["cases"]
SRC = paths.ROOT / "src" / "chengguan"
LINK = re.compile(r"""\{%\s*(extends|include|url)\s+["']([^"']+)["']""")


def _package(module: str) -> str:
    return module.split(".")[1]


def _may_point(source: str, target: str) -> bool:
    return source == target or FLOOR[target] < FLOOR[source]


def _relations() -> Iterator[tuple[str, str, str]]:
    for model in apps.get_models():
        if not model.__module__.startswith("chengguan."):
            continue
        for field in model._meta.get_fields(include_hidden=False):
            target = getattr(field, "related_model", None)
            if field.auto_created or not isinstance(target, type):
                continue
            if target.__module__.startswith("chengguan."):
                name = f"{model._meta.label}.{field.name}"
                yield name, _package(model.__module__), _package(target.__module__)


def _templates() -> Iterator[tuple[str, Path]]:
    for path in sorted(SRC.glob("*/templates/**/*.html")):
        yield path.relative_to(SRC).parts[0], path


def _owner_of_template(name: str) -> str | None:
    owners = [app for app in FLOOR if (SRC / app / "templates" / name).is_file()]
    return owners[0] if owners else None


def _owner_of_view(name: str) -> str | None:
    # The namespace is the package; names without one are looked up in the URL tree.
    if ":" in name:
        return name.split(":", maxsplit=1)[0]
    for pattern in _patterns(get_resolver()):
        if pattern.name == name:
            module = getattr(pattern.callback, "__module__", "")
            return _package(module) if module.startswith("chengguan.") else None
    return None


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry)
        else:
            yield entry


def test_every_package_has_its_floor() -> None:
    packages = {path.parent.name for path in SRC.glob("*/__init__.py")}

    assert packages == set(ORDER)


def test_relations_point_down() -> None:
    found = list(_relations())
    upward = [name for name, source, target in found if not _may_point(source, target)]

    assert len(found) > 10, "no relations found: the test looks in the wrong place"
    assert upward == []


def test_templates_link_down() -> None:
    upward = []
    for package, path in _templates():
        for kind, name in LINK.findall(path.read_text(encoding="utf-8")):
            owner = _owner_of_view(name) if kind == "url" else _owner_of_template(name)
            if owner in FLOOR and not _may_point(package, str(owner)):
                upward.append(f"{path.relative_to(SRC)}: {kind} {name} ({owner})")

    assert upward == []


def test_every_template_link_has_a_target() -> None:
    missing = [
        f"{path.relative_to(SRC)}: {kind} {name}"
        for _, path in _templates()
        for kind, name in LINK.findall(path.read_text(encoding="utf-8"))
        if kind != "url" and _owner_of_template(name) is None and not _is_foreign(name)
    ]

    assert missing == []


def test_templates_lie_under_their_package() -> None:
    """Error pages aside, a template's name begins with its package; so owners are certain."""
    astray = [
        str(path.relative_to(SRC))
        for package, path in _templates()
        if path.relative_to(SRC / package / "templates").parts[0] not in {package, *FOREIGN}
        and not re.fullmatch(r"\d{3}(_csrf)?\.html", path.name)
    ]

    assert astray == []


#: Templates of other people's apps that ours may override or extend.
FOREIGN = {"account", "allauth", "mfa", "usersessions", "django"}


def _is_foreign(name: str) -> bool:
    return name.split("/", maxsplit=1)[0] in FOREIGN


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("cases", "registry", True),
        ("cases", "cases", True),
        ("registry", "cases", False),
        ("ui", "core", True),
        ("core", "ui", False),
        ("cases", "portal", False),
    ],
)
def test_the_rule_itself(source: str, target: str, allowed: bool) -> None:
    assert _may_point(source, target) is allowed


def test_every_setting_of_the_environment_is_documented() -> None:
    read = re.compile(r"environ[^\n]{0,12}[\"']((?:CHENGGUAN|PROMETHEUS|DATABASE)_[A-Z_]+)[\"']")
    used = {
        name
        for path in SRC.rglob("*.py")
        for name in read.findall(path.read_text(encoding="utf-8"))
    }
    told = (paths.ROOT / "docs" / "operators" / "settings.md").read_text(encoding="utf-8")

    assert len(used) > 10
    assert sorted(name for name in used if f"`{name}`" not in told) == []
