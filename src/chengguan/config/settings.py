"""Settings. Everything a deployment may change comes from the environment; see docs/operators."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from chengguan.config.paths import ASSETS, ROOT, VAR
from chengguan.config.postgres import database_settings

BASE_DIR = Path(ROOT)
DEBUG = os.environ.get("CHENGGUAN_DEBUG") == "1"


def _secret() -> str:
    """Give CHENGGUAN_SECRET_KEY, or one made once and kept readable by us alone."""
    given = os.environ.get("CHENGGUAN_SECRET_KEY")
    if given:
        return given
    place = VAR / "secret_key"
    if not place.exists():
        VAR.mkdir(parents=True, exist_ok=True)
        temporary = VAR / f".secret_key.{os.getpid()}"
        temporary.touch(mode=0o600)
        temporary.write_text(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(temporary, place)
        temporary.unlink()
    return place.read_text()


SECRET_KEY = _secret()
ALLOWED_HOSTS = os.environ.get("CHENGGUAN_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CHENGGUAN_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "chengguan.config",
    "chengguan.portal",
    "chengguan.simulation",
    "chengguan.command",
    "chengguan.cases",
    "chengguan.programmes",
    "chengguan.telemetry",
    "chengguan.registry",
    "chengguan.workflow",
    "chengguan.exchange",
    "chengguan.notify",
    "chengguan.files",
    "chengguan.accounts",
    "chengguan.audit",
    "chengguan.store",
    "chengguan.ui",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_vite",
    "procrastinate.contrib.django",
    "ninja",
]

MIDDLEWARE = [
    "chengguan.config.logs.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "chengguan.ui.middleware.ContentSecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "chengguan.accounts.middleware.SessionRulesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "chengguan.ui.middleware.DomainErrorMiddleware",
]

# What a request with a bearer token has no use for: it comes from no page, and no cookie speaks in
# it. These six were a quarter of what Django costs for it (config/wsgi.py).
_OF_PAGES = (
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
)
CHENGGUAN_TOKEN_MIDDLEWARE = [name for name in MIDDLEWARE if name not in _OF_PAGES]

ROOT_URLCONF = "chengguan.config.urls"
WSGI_APPLICATION = "chengguan.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chengguan.ui.context.shell",
            ],
            "builtins": ["chengguan.ui.templatetags.ui"],
        },
    }
]

DATABASES = {"default": database_settings()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["chengguan.accounts.backends.PostBackend"]
PASSWORD_HASHERS = [
    "chengguan.accounts.passwords.LeanArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "chengguan.accounts.passwords.MixedCharactersValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "chengguan.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "城管平台"
MFA_ADAPTER = "chengguan.accounts.adapters.MfaAdapter"
MFA_FORMS = {
    "authenticate": "chengguan.accounts.forms.SecondFactorForm",
    "reauthenticate": "chengguan.accounts.forms.SecondFactorAgainForm",
}
# Failures of one account are counted in its row; these only slow one address down, per process.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "60/m/ip,10/5m/key"}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/login/"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PASSWORD_INPUT_RENDER_VALUE = False

# 等保 2.0 level 3: lock-out after failures, idle time-out; each in the environment of a deployment.
CHENGGUAN_LOCK_AFTER = int(os.environ.get("CHENGGUAN_LOCK_AFTER", "5"))
CHENGGUAN_LOCK_MINUTES = int(os.environ.get("CHENGGUAN_LOCK_MINUTES", "15"))
CHENGGUAN_IDLE_MINUTES = int(os.environ.get("CHENGGUAN_IDLE_MINUTES", "30"))
# Days until a password must be changed; 0: never.
CHENGGUAN_PASSWORD_DAYS = int(os.environ.get("CHENGGUAN_PASSWORD_DAYS", "90"))
# 1: the three administrators must use a second factor.
CHENGGUAN_SECOND_FACTOR = os.environ.get("CHENGGUAN_SECOND_FACTOR") == "1"
# Addresses of our own proxies: only from them X-Forwarded-For is believed.
CHENGGUAN_PROXIES = frozenset(filter(None, os.environ.get("CHENGGUAN_PROXIES", "").split(",")))
# Heads of the audit chain, one file each; keep a copy on another machine.
CHENGGUAN_ANCHORS = Path(os.environ.get("CHENGGUAN_ANCHORS") or VAR / "anchors")

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SECURE_TLS = os.environ.get("CHENGGUAN_TLS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_TLS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = os.environ.get("CHENGGUAN_TIME_ZONE", "Asia/Shanghai")
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [ASSETS] if ASSETS.exists() else []
# Nothing is collected: pages take the built assets where they lie. WhiteNoise warns without it.
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
DJANGO_VITE = {"default": {"dev_mode": False, "manifest_path": ASSETS / "manifest.json"}}

MEDIA_ROOT = Path(os.environ.get("CHENGGUAN_FILES") or VAR / "files")
CHENGGUAN_EXPORTS = Path(os.environ.get("CHENGGUAN_EXPORTS") or VAR / "exports")
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
# A plan of two hundred tasks is written on one page, nine fields each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3_000
CHENGGUAN_MAX_FILE_BYTES = int(os.environ.get("CHENGGUAN_MAX_FILE_BYTES", str(50 * 1024 * 1024)))
# What one person may have begun to upload and not finished, at once.
CHENGGUAN_OPEN_UPLOADS = int(os.environ.get("CHENGGUAN_OPEN_UPLOADS", "50"))
CHENGGUAN_OPEN_UPLOAD_BYTES = int(os.environ.get("CHENGGUAN_OPEN_UPLOAD_BYTES", str(1024**3)))

# Empty: the stream is served under /stream/ of the same origin by a proxy in front.
CHENGGUAN_STREAM_URL = os.environ.get("CHENGGUAN_STREAM_URL", "")
CHENGGUAN_CALENDAR = os.environ.get("CHENGGUAN_CALENDAR", "city")
# The city's own sayings, on top of those shipped (docs/users/sayings.md).
CHENGGUAN_SAYINGS = os.environ.get("CHENGGUAN_SAYINGS", "")
CHENGGUAN_BASE_MAP = os.environ.get("CHENGGUAN_BASE_MAP", "")
CHENGGUAN_BASE_MAP_DATUM = os.environ.get("CHENGGUAN_BASE_MAP_DATUM", "cgcs2000")
# The map's approval number (审图号) and owner, which the law wants shown on it.
CHENGGUAN_BASE_MAP_CREDIT = os.environ.get("CHENGGUAN_BASE_MAP_CREDIT", "")
CHENGGUAN_MAPS = Path(os.environ.get("CHENGGUAN_MAPS") or VAR / "maps")
