"""Django in the process of the tests: a site with a login, people in its database, and the dashboard at /ops."""

import atexit
import functools
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LOGIN_PAGE = '<form method="post">{% csrf_token %}{{ form.as_p }}<button>Log in</button></form>'
PASSWORD = "correct horse"
SESSIONS = "django.contrib.sessions.backends"


@functools.cache
def set_up():
    """Configure Django once for the process, and make its tables."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    folder = tempfile.TemporaryDirectory(prefix="site-")
    atexit.register(folder.cleanup)
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(folder.name) / "site", "OPTIONS": {"timeout": 60}}
    login_page = ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN_PAGE})
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
        LOGIN_URL="login",
        LOGOUT_REDIRECT_URL="/accounts/login/",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ROOT_URLCONF="tests.frameworks.django_urls",
        SECRET_KEY="only for the tests",
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"loaders": [login_page]}}
        ],
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", verbosity=0)


def site(dashboard, path="/ops"):
    """Return an ASGI application: the site, and the dashboard below a path, as `asgi.py` of a project has it."""
    from django.core.asgi import get_asgi_application

    django = get_asgi_application()

    async def web(scope, receive, send):
        is_ours = scope["type"] == "http" and f"{scope['path']}/".startswith(f"{path}/")
        await (dashboard if is_ours else django)(scope, receive, send)

    return web


def person(name, *, groups=(), permissions=(), **facts):
    """Make a person anew, and return them. Permissions and groups are made too."""
    from django.contrib.auth.models import Group, Permission, User
    from django.contrib.contenttypes.models import ContentType

    User.objects.filter(username=name).delete()
    made = User.objects.create_user(name, password=PASSWORD, **facts)
    made.groups.set([Group.objects.get_or_create(name=group)[0] for group in groups])
    about = ContentType.objects.get_for_model(User)
    made.user_permissions.set(
        [
            Permission.objects.get_or_create(codename=one, content_type=about, defaults={"name": one})[0]
            for one in permissions
        ]
    )
    return made


def elsewhere(call, *args, **options):
    """Call a function that uses the database in a thread: Django refuses it where an event loop runs."""
    from django.db import connection

    def closing():
        try:
            return call(*args, **options)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(closing).result()
