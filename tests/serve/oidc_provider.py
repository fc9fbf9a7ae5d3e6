"""An OpenID Connect provider on loopback that checks what it is sent, and misbehaves on demand.

with OidcProvider() as provider:
    provider.claims["groups"] = ["finance"]     # what it says of who signs in
    provider.bad = "audience"                   # how it lies; see _token
    provider.sign_in(address)                   # as the person's browser would: the address that it is sent back to
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "homeground", "4k-2:of+the=client"


@dataclass
class OidcProvider:
    """The server. ``tokens`` are the claims of the ID token, ``told`` those of the user info besides."""

    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "1234", "preferred_username": "ann", "groups": []})
    told: dict[str, Any] = field(default_factory=dict)
    bad: str = ""
    asked: list[str] = field(default_factory=list)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}, auto_kid=False))
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def rotate(self) -> None:
        """Signs with another key from now on."""
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)}, auto_kid=False)

    def sign_in(self, address: str) -> str:
        """The person lets the client in; returns where the provider sends the browser."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert address.startswith(f"{self.issuer}/authorize?")
        assert asked["client_id"] == CLIENT and asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256" and len(asked["nonce"]) >= 32
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def __enter__(self) -> OidcProvider:
        provider = self

        class Handler(_Handler):
            owner = provider

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads, self._http.block_on_close = True, False
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    # -- What it answers --------------------------------------------------------------------------

    def description(self) -> dict[str, Any]:
        issuer = self.issuer
        told = {
            "issuer": f"{issuer}/other" if self.bad == "description" else issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": "http://elsewhere.example/token" if self.bad == "plain endpoint" else f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        }
        return {} if self.bad == "no description" else told

    def keys(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}

    def userinfo(self) -> dict[str, Any]:
        return {"sub": "another" if self.bad == "two people" else self.claims["sub"], **self.told}

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proof = _base64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        right = asked and proof == asked["code_challenge"] and form["redirect_uri"] == asked["redirect_uri"]
        if not right or not secrets.compare_digest(authorization.partition(" ")[2], basic):
            return 400, {"error": "invalid_grant"}
        assert asked is not None
        told = {"access_token": "an access token", "token_type": "Bearer"}
        return 200, told if self.bad == "no token" else told | {"id_token": self._token(asked["nonce"])}

    def _token(self, nonce: str) -> str:
        now = int(time.time())
        claims = self.claims | {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        claims |= {
            "audience": {"aud": "somebody else"},
            "two audiences": {"aud": [CLIENT, "somebody else"], "azp": "somebody else"},
            "issuer": {"iss": "https://elsewhere.example"},
            "expired": {"iat": now - 4000, "exp": now - 3600},
            "future": {"nbf": now + 3600},
            "nonce": {"nonce": "of another browser"},
            "access token": {"at_hash": "bm90IGl0cyBoYXNo"},
            "nobody": {"sub": ""},
        }.get(self.bad, {})
        header = {"alg": "RS256", "kid": self.key.kid}
        if self.bad in ("unsigned", "public key as secret"):
            algorithm = "none" if self.bad == "unsigned" else "HS256"
            signed = f"{_plain({'alg': algorithm, 'kid': 'one'})}.{_plain(claims)}"
            mac = hmac.digest(self.key.as_pem(private=False), signed.encode(), "sha256")
            return f"{signed}.{'' if algorithm == 'none' else _base64(mac)}"
        if self.bad == "another key":
            return jwt.encode(header, claims, RSAKey.generate_key(2048))
        return jwt.encode(header, claims, self.key)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _plain(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value).encode())


class _Handler(BaseHTTPRequestHandler):
    owner: OidcProvider

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        self.owner.asked.append(self.path)
        if self.owner.bad == "redirect":
            self.send_response(302)
            self.send_header("Location", "https://elsewhere.example/")
            self.end_headers()
            return
        if self.path == "/userinfo":
            assert self.headers["Authorization"] == "Bearer an access token"
        answers = {
            "/.well-known/openid-configuration": self.owner.description,
            "/keys": self.owner.keys,
            "/userinfo": self.owner.userinfo,
        }
        self._tell(200, answers[self.path]())

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self._tell(*self.owner.token(form, self.headers.get("Authorization", "")))

    def _tell(self, status: int, what: dict[str, Any]) -> None:
        body = json.dumps(what).encode() + b" " * (2_000_000 if self.owner.bad == "huge" else 0)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
