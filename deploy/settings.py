"""Settings, read from the environment and safe by default.

Without ``SECRET_KEY`` or ``DATABASE_URL`` nothing starts. ``manage.py`` fills both in
for the embedded services (see ``deploy/local.py``) and sets ``FOLKMOOT_LOCAL=1``,
which only relaxes what plain HTTP on this computer needs.
"""

import warnings
from pathlib import Path

import structlog
from csp.constants import NONE, SELF
from structlog.typing import Processor

from deploy import env

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = env.text("SECRET_KEY")
DEBUG = env.flag("DEBUG", default=False)
LOCAL = env.flag("FOLKMOOT_LOCAL", default=False)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", default=[])
# The address printed in links that leave the site (invitations, exports).
PUBLIC_URL = env.text("PUBLIC_URL", default="")
# Where people find the source of what runs here; the licence asks operators to offer it.
SOURCE_URL = env.text("SOURCE_URL", default="")

INSTALLED_APPS = [
    "deploy",
    "constitutions",
    "aggregation",
    "deliberation",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "template_partials",
    "csp",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "deliberation.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "deliberation.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "deploy.gate.Gate",
    "deliberation.middleware.ServiceErrors",
]

ROOT_URLCONF = "deploy.urls"
WSGI_APPLICATION = "deploy.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["template_partials.templatetags.partials"],
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL")}
DATABASES["default"]["CONN_MAX_AGE"] = env.number("CONN_MAX_AGE", default=600)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "deliberation.User"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "organise"
LOGOUT_REDIRECT_URL = "home"

# Signing in: pages of ours for password and link, django-allauth for the second step, passkeys
# and a sign-in service of the organisation's own. Nobody can open an account by themselves.
ACCOUNT_ADAPTER = "deliberation.accounts.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "deliberation.accounts.SocialAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # a link that was mailed proves the address
ACCOUNT_EMAIL_NOTIFICATIONS = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Folkmoot"
MFA_TOTP_TOLERANCE = 1  # a clock that is half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL
# With SECOND_STEP=required no page of organisers opens before everybody who signs in by password or
# mailed link has set up a second step (deploy/gate.py). Who comes by OpenID Connect has passed what
# that service asks for. Participants do not sign in and are never asked.
_SECOND_STEP = env.choice("SECOND_STEP", ("optional", "required"), default="optional")
SECOND_STEP_REQUIRED = _SECOND_STEP == "required"
# OpenID Connect: OIDC_SERVER is the address of the service, OIDC_NAME what the button says.
# Who comes by it and is not known may work here only with OIDC_NEW_PEOPLE=1.
OIDC_OFFERED = env.is_set("OIDC_SERVER")
OIDC_NAME = env.text("OIDC_NAME", default="OpenID")
OIDC_NEW_PEOPLE = env.flag("OIDC_NEW_PEOPLE", default=False)
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_OPENID_CONNECT_URL_PREFIX = ""
if OIDC_OFFERED:
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "oidc",
                    "name": OIDC_NAME,
                    "client_id": env.text("OIDC_CLIENT_ID"),
                    "secret": env.text("OIDC_CLIENT_SECRET"),
                    "settings": {"server_url": env.text("OIDC_SERVER")},
                }
            ],
        }
    }

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("ar", "العربية"),
]
LOCALE_PATHS = [BASE_DIR / "deliberation" / "locale"]
FORMAT_MODULE_PATH = ["deliberation.formats"]  # dates and numbers, one file a language
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=BASE_DIR / "staticfiles")
# On one's own computer files are served as they lie; elsewhere they carry their hash.
WHITENOISE_USE_FINDERS = LOCAL
if LOCAL:
    warnings.filterwarnings("ignore", message="No directory at: ")  # nothing is collected here
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Cookies and transport. LOCAL is plain HTTP on a loopback address.
HTTPS = not LOCAL
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
CSRF_FAILURE_VIEW = "deliberation.views.errors.csrf_failure"
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=HTTPS)
SECURE_HSTS_SECONDS = env.number("SECURE_HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"  # links with secrets must not leak to other sites
SESSION_COOKIE_AGE = 14 * 24 * 3600
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
# The proxy must set both headers itself and drop what the visitor sent.
BEHIND_PROXY = env.flag("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

# Letters about the next step (deliberation/services/notices.py). Without EMAIL_URL, or
# without PUBLIC_URL for the links in them, nobody is offered any. On one's own computer they
# are written to files instead.
_HERE = env.text("FOLKMOOT_ADDRESS", default="http://127.0.0.1:8000") if LOCAL else ""
MAIL_LINKS = (PUBLIC_URL or _HERE).rstrip("/")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = "Folkmoot <folkmoot@localhost>"
if env.is_set("EMAIL_URL"):
    _post = env.email("EMAIL_URL")
    EMAIL_HOST, EMAIL_PORT = _post.host, _post.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _post.user, _post.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = _post.ssl, _post.starttls
    DEFAULT_FROM_EMAIL = env.sender("MAIL_FROM")
elif LOCAL:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = env.path("FOLKMOOT_HOME", default=BASE_DIR / ".folkmoot") / "mail"
MAIL_OFFERED = bool(MAIL_LINKS) and (env.is_set("EMAIL_URL") or LOCAL)

# How long one attempt at a run, or at one part of it, may take. A worker process that does not
# end by itself then is killed soon after.
RUN_TIME_LIMIT_SECONDS = env.number("RUN_TIME_LIMIT_SECONDS", default=3600, minimum=10)
_LIMITS = {
    "soft_time_limit": RUN_TIME_LIMIT_SECONDS,
    "time_limit": RUN_TIME_LIMIT_SECONDS + 60,
}
CELERY_TASK_ANNOTATIONS = {
    "aggregation.execute_run": _LIMITS,
    "aggregation.execute_part": _LIMITS,
    "aggregation.watch_open_rounds": _LIMITS,
    "deliberation.execute_draw": _LIMITS,
}
REDIS_URL = env.text("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True  # the database row is the truth, a message only a hint
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    # A long run must not keep routing from knowing its groups.
    "aggregation.watch_open_rounds": {"queue": "default"},
    "aggregation.*": {"queue": "aggregate"},
    "deliberation.execute_draw": {"queue": "aggregate"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
# Without these a publish can wait for ever when Redis is gone.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    # Longer than any task may take, or the broker hands it out twice.
    "visibility_timeout": RUN_TIME_LIMIT_SECONDS + 3600,
}
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_TIMEZONE = "UTC"
# How long a web process may use what it last read of a round; votes are checked each time.
DECK_SECONDS = env.number("DECK_SECONDS", default=1, minimum=0)
# How long a worker may be silent before its run is given to another one.
RUN_LEASE_SECONDS = env.number("RUN_LEASE_SECONDS", default=60, minimum=1)
# An open round is looked at this often at most, and only if there are new votes.
LIVE_SECONDS = env.number("LIVE_SECONDS", default=60, minimum=10)
CELERY_BEAT_SCHEDULE = {
    "sweep-runs": {"task": "aggregation.sweep_runs", "schedule": 10.0},
    "sweep-draws": {
        "task": "deliberation.sweep_draws",
        "schedule": 10.0,
        "options": {"expires": 9},
    },
    "refresh-routing-weights": {
        "task": "deliberation.refresh_routing_weights",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    # Does nothing for rounds without new votes, or looked at less than LIVE_SECONDS ago.
    "watch-open-rounds": {
        "task": "aggregation.watch_open_rounds",
        "schedule": 10.0,
        "options": {"expires": 9},
    },
    # The figures of the watch page, of rounds looked at longer than LIVE_SECONDS ago.
    "watch-rounds": {
        "task": "deliberation.watch_rounds",
        "schedule": 10.0,
        "options": {"expires": 9},
    },
    # Votes end at the announced moment by the database's clock; this only follows.
    "move-due-rounds": {
        "task": "deliberation.move_due_rounds",
        "schedule": 5.0,
        "options": {"expires": 4},
    },
    # One letter a day to each, however often this looks.
    "remind-moderators": {
        "task": "deliberation.remind_moderators",
        "schedule": 900.0,
        "options": {"expires": 850},
    },
    "sweep-limits": {
        "task": "deliberation.sweep_limits",
        "schedule": 3600.0,
        "options": {"expires": 3500},
    },
    # Each hour, as a beat that is started anew each day would never come to a daily task.
    "delete-contacts": {
        "task": "deliberation.delete_contacts",
        "schedule": 3600.0,
        "options": {"expires": 3500},
    },
    # What was put in is hinted at once; this finds what a lost hint left.
    "send-mail": {
        "task": "deliberation.send_mail",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    # A message that waited this long has a newer one behind it.
    "send-notices": {
        "task": "deliberation.send_notices",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

LOG_LEVEL = env.text("LOG_LEVEL", default="INFO")
_shared_processors: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[*_shared_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer(colors=False)
                if LOCAL
                else structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": _shared_processors,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Addresses can hold seat tokens; a 404 is no news.
        "django.request": {"level": "ERROR"},
        "django.security.csrf": {"level": "ERROR"},
    },
}
