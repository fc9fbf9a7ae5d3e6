"""The connection to an OpenID Connect provider: OpenID Connect Core 1.0, the code flow with PKCE.

The third and last module that may open a connection that leaves the machine; without ``[oidc] issuer`` it opens none.
It reaches the issuer and what the issuer's own description names: encrypted or on this machine, without redirects.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from homeground.errors import ConfigError, RemoteError
from homeground.models.keys import secret_in
from homeground.serve.errors import ForbiddenError
from homeground.serve.exposure import is_loopback
from homeground.settings import OidcSettings

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import OAuth2Client

SECRET = "HOMEGROUND_OIDC_SECRET"  # noqa: S105  the name of a variable
TIMEOUT_S = 10.0
LEEWAY_S = 60  # between the clocks
_KEPT_S = 3600.0
_FAILED_S = 15.0  # for so long a provider that did not answer is not asked again
_MOST_BYTES = 1_000_000
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to the provider and back: what must come back is what went there."""

    state: str
    nonce: str
    verifier: str
    redirect: str


class Provider:
    """A provider of single sign-on. Safe to use from several threads; nothing is asked before it is needed."""

    def __init__(self, settings: OidcSettings) -> None:
        self.settings = settings
        self._secret = secret_in(settings.secret_file, SECRET, "[oidc] secret_file")
        self._lock = threading.Lock()
        self._described: tuple[float, Mapping[str, Any]] | None = None
        self._failed: tuple[float, str] | None = None
        self._keys: Mapping[str, Any] | None = None

    def address(self, attempt: Attempt) -> str:
        """Where the browser goes to sign in."""
        described = self._description()
        with self._client(described, attempt.redirect) as client:
            url, _ = client.create_authorization_url(
                described["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
            return str(url)

    def claims(self, attempt: Attempt, code: str) -> Mapping[str, Any]:
        """What the provider says of the person who came back with the code.

        Raises:
            RemoteError: when the provider cannot be reached, or does not answer as one.
            ForbiddenError: when what it says does not hold: signature, issuer, audience, time, nonce.
        """
        described = self._description()
        with self._client(described, attempt.redirect) as client:
            token = self._token(client, described, attempt, code)
            claims = self._checked(client, described, attempt, token)
            wanted = {self.settings.name_claim, self.settings.groups_claim}
            if not wanted <= claims.keys() and "userinfo_endpoint" in described:
                more = self._json(client, described["userinfo_endpoint"], signed=True)
                if more.get("sub") != claims["sub"]:
                    raise ForbiddenError("Single sign-on failed: the provider spoke of two different people.")
                return {**more, **claims}
            return claims

    # -- Talking to it ----------------------------------------------------------------------------

    def _client(self, described: Mapping[str, Any], redirect: str = "") -> OAuth2Client:
        from authlib.integrations.httpx_client import OAuth2Client

        allowed = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        method = "client_secret_basic" if "client_secret_basic" in allowed else "client_secret_post"
        return OAuth2Client(
            self.settings.client_id,
            self._secret,
            token_endpoint_auth_method=method if self._secret else "none",
            scope=" ".join(self.settings.scopes),
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=TIMEOUT_S,
            follow_redirects=False,
            event_hooks={"request": [_check_safe], "response": [_check_size]},
        )

    def _token(
        self, client: OAuth2Client, described: Mapping[str, Any], attempt: Attempt, code: str
    ) -> Mapping[str, Any]:
        import httpx2
        from authlib.common.errors import AuthlibBaseError

        try:
            token = client.fetch_token(described["token_endpoint"], code=code, code_verifier=attempt.verifier)
        except AuthlibBaseError as error:
            raise ForbiddenError(
                f"Single sign-on failed: the provider refused the code ({_word(error.error)})."
            ) from None
        except (httpx2.HTTPError, ValueError) as error:
            raise self._unreachable(error) from None
        if not isinstance(token, Mapping) or not isinstance(token.get("id_token"), str):
            raise RemoteError(f"{self.settings.issuer} gave no ID token: is `openid` among the [oidc] scopes?")
        return token

    def _checked(
        self, client: OAuth2Client, described: Mapping[str, Any], attempt: Attempt, token: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The claims of the ID token, each checked (OpenID Connect Core 1.0, section 3.1.3.7)."""
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        params = {"nonce": attempt.nonce, "client_id": self.settings.client_id}
        params["access_token"] = token.get("access_token", "")
        options = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
            "sub": {"essential": True},
        }
        try:
            signed = self._decoded(client, described, token["id_token"])
            claims = CodeIDToken(
                signed.claims, signed.header, options, params | {"access_token": token["access_token"]}
            )
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            why = _word(getattr(error, "error", "") or type(error).__name__)
            raise ForbiddenError(f"Single sign-on failed: the provider's word does not hold ({why}).") from None
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise ForbiddenError("Single sign-on failed: the provider does not say who this is (sub).")
        return dict(claims)

    def _decoded(self, client: OAuth2Client, described: Mapping[str, Any], text: str) -> Any:
        """The token, its signature checked; keys are fetched again once when none of them fits."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        offered = described.get("id_token_signing_alg_values_supported", ["RS256"])
        algorithms = [each for each in _ALGORITHMS if each in offered]
        fresh = self._keys is None
        while True:
            if self._keys is None:
                self._keys = self._json(client, described["jwks_uri"])
            try:
                return jwt.decode(text, KeySet.import_key_set(dict(self._keys)), algorithms=algorithms)  # type: ignore[arg-type]
            except (JoseError, ValueError):
                if fresh:
                    raise
                fresh, self._keys = True, None

    def _description(self) -> Mapping[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0); remembered for an hour.

        That it said nothing is remembered as well, for some seconds: those who come meanwhile hear of it at once.
        """
        with self._lock:
            now = time.monotonic()
            if self._described and now - self._described[0] < _KEPT_S:
                return self._described[1]
            if self._failed and now - self._failed[0] < _FAILED_S:
                raise RemoteError(self._failed[1])
            try:
                found = self._discovered()
            except RemoteError as error:
                self._failed = time.monotonic(), str(error)
                raise
            self._described, self._failed = (now, found), None
            return found

    def _discovered(self) -> Mapping[str, Any]:
        issuer = self.settings.issuer
        with self._client({}) as client:
            found = self._json(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise RemoteError(f"[oidc] issuer {issuer}: it calls itself {_word(found.get('issuer'))}. Write that")
        if missing := [each for each in _NEEDED if not isinstance(found.get(each), str)]:
            raise RemoteError(f"{issuer} does not describe itself as a provider: {', '.join(missing)} missing")
        for each in (*_NEEDED, "userinfo_endpoint"):
            check_address(found.get(each, issuer), issuer)
        return found

    def _json(self, client: OAuth2Client, address: str, *, signed: bool = False) -> dict[str, Any]:
        import httpx2

        try:
            response = client.request("GET", address, withhold_token=not signed)
            response.raise_for_status()
            found = response.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise self._unreachable(error) from None
        if not isinstance(found, dict):
            raise RemoteError(f"{self.settings.issuer} does not answer as a provider of single sign-on does.")
        return found

    def _unreachable(self, error: Exception) -> RemoteError:
        return RemoteError(
            f"{self.settings.issuer} cannot be asked ({type(error).__name__}). Try again, or sign in with a password."
        )


def check_address(address: str, issuer: str) -> None:
    """ConfigError when an address of the provider is neither encrypted nor on this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ConfigError(f"[oidc] issuer {issuer}: {_word(address)} is not encrypted. It must begin with https://")


def _check_safe(request: Any) -> None:
    check_address(str(request.url), str(request.url))


def _check_size(response: Any) -> None:
    """Stops reading an answer that no provider would give."""
    size = response.headers.get("content-length", "0")
    if not size.isdigit() or int(size) > _MOST_BYTES:
        raise ValueError("too large")


def _word(value: object) -> str:
    """Something that the provider said, short and printable."""
    return "".join(char if char.isprintable() else " " for char in str(value))[:120]
