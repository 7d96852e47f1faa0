"""An organisation's own sign-in service (OpenID Connect), played by a small server of ours."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from deliberation.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _b64(number: int) -> str:
    size = (number.bit_length() + 7) // 8
    return urlsafe_b64encode(number.to_bytes(size, "big")).decode().rstrip("=")


class Service(ThreadingHTTPServer):
    """Says who somebody is: ``claims``. ``nonce`` is what the last sign-in sent."""

    claims: dict
    nonce: str | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        here = self.server.address
        if self.path.endswith("/.well-known/openid-configuration"):
            self._say(
                {
                    "issuer": here,
                    "authorization_endpoint": f"{here}/authorize",
                    "token_endpoint": f"{here}/token",
                    "userinfo_endpoint": f"{here}/userinfo",
                    "jwks_uri": f"{here}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        elif self.path == "/keys":
            numbers = _KEY.public_key().public_numbers()
            key = {"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig"}
            self._say({"keys": [key | {"n": _b64(numbers.n), "e": _b64(numbers.e)}]})
        else:
            self._say(self.server.claims)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        claims = {"iss": self.server.address, "aud": "folkmoot", "iat": int(time.time())}
        claims |= {"exp": int(time.time()) + 60} | self.server.claims
        if self.server.nonce:
            claims["nonce"] = self.server.nonce
        token = jwt.encode(claims, _KEY, algorithm="RS256", headers={"kid": "1"})
        self._say({"access_token": "a", "token_type": "Bearer", "id_token": token})

    def _say(self, what: dict) -> None:
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def service(settings) -> Iterator[Service]:
    server = Service(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    settings.OIDC_OFFERED, settings.OIDC_NAME = True, "Town hall"
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "oidc",
                    "name": "Town hall",
                    "client_id": "folkmoot",
                    "secret": "secret",
                    "settings": {"server_url": server.address},
                }
            ],
        }
    }
    yield server
    server.shutdown()
    server.server_close()


def come_by(client: Client, service: Service, **claims: object):
    """Press the button, be sent to the service, and come back as this person."""
    service.claims = {"sub": "7", "email_verified": True} | claims
    there = client.post("/account/service/oidc/login/")
    assert there.status_code == 302, there.content
    asked = parse_qs(urlsplit(there.url).query)
    service.nonce = asked.get("nonce", [None])[0]
    back = urlsplit(asked["redirect_uri"][0]).path
    return client.get(back, {"code": "c", "state": asked["state"][0]})


def signed_in_as(client: Client) -> int | None:
    user_id = client.session.get("_auth_user_id")
    return int(user_id) if user_id else None


def test_the_page_offers_it_only_where_it_is_set_up(client: Client, settings):
    settings.OIDC_OFFERED = False
    assert "Town hall" not in client.get("/sign-in/").content.decode()


def test_who_works_here_is_let_in_by_the_same_address(client: Client, service: Service):
    alice = make_user()
    assert "Sign in with Town hall" in client.get("/sign-in/").content.decode()
    come_by(client, service, email="Alice@Example.org")
    assert signed_in_as(client) == alice.pk


def test_an_address_that_the_service_has_not_checked_lets_nobody_in(
    client: Client, service: Service
):
    make_user()
    come_by(client, service, email="alice@example.org", email_verified=False)
    assert signed_in_as(client) is None


def test_a_stranger_is_told_kindly_and_no_account_is_made(client: Client, service: Service):
    answer = come_by(client, service, email="bob@example.org")
    assert "You are not known here" in answer.content.decode()
    assert signed_in_as(client) is None
    assert not User.objects.exists()


def test_a_site_may_take_in_whoever_its_service_knows(client: Client, service: Service, settings):
    settings.OIDC_NEW_PEOPLE = True
    come_by(client, service, email="Bob@Example.org")
    bob = User.objects.get()
    assert bob.email == "bob@example.org"
    assert signed_in_as(client) == bob.pk
