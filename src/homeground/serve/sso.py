"""Single sign-on by OpenID Connect: to the provider, back, and into a session like any other.

What must come back travels in a signed cookie of this browser, so that nobody can be signed in as somebody else by a
link. The provider's `sub` is who a person is, for good; name, groups and role are what its last word said.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from itsdangerous import BadSignature, URLSafeTimedSerializer

from homeground.access.audit import append
from homeground.access.people import Person, checked_name
from homeground.errors import ConfigError, HomegroundError, NotFoundError
from homeground.serve.callers import Here
from homeground.serve.errors import BusyError, ForbiddenError, status_of
from homeground.serve.login import address_of, local_path, signed_in
from homeground.serve.oidc_client import Attempt, Provider
from homeground.serve.service import Service
from homeground.settings import OidcSettings
from homeground.workspace import Workspace

router = APIRouter(tags=["login"], include_in_schema=False)

MINUTES = 10  # to sign in at the provider
_MOST_GROUPS = 500
_UNKNOWN = "Nobody here is known by this account, or not any more. Ask an owner of this service."
_SEE_OTHER = 303
_Text = Annotated[str, Query(max_length=4096)]


class SignOn:
    """Single sign-on of one service; attempts under way end with the process."""

    def __init__(self, settings: OidcSettings) -> None:
        self.settings, self.provider = settings, Provider(settings)
        self._signer = URLSafeTimedSerializer(secrets.token_bytes(32), salt="sign-on")

    def begin(self, redirect: str, then: str) -> tuple[str, str]:
        """Where the browser goes, and the cookie that it brings back."""
        random = (secrets.token_urlsafe(32) for _ in range(3))
        attempt = Attempt(next(random), next(random), next(random) + secrets.token_urlsafe(16), redirect)
        return self.provider.address(attempt), self._signer.dumps(asdict(attempt) | {"then": then})

    def resume(self, cookie: str, state: str) -> tuple[Attempt, str]:
        """The attempt of this browser, and where it wanted to go. ForbiddenError when it is none of this service's."""
        try:
            kept = self._signer.loads(cookie, max_age=MINUTES * 60)
        except BadSignature:
            raise ForbiddenError("This sign-on is over or was not begun here. Begin again.") from None
        then = kept.pop("then")
        attempt = Attempt(**kept)
        if not hmac.compare_digest(attempt.state.encode(), state.encode("utf-8", "replace")):
            raise ForbiddenError("This sign-on belongs to another browser or another try. Begin again.")
        return attempt, then

    def person(self, workspace: Workspace, claims: Mapping[str, Any]) -> Person:
        """Who the claims speak of, with groups and role as they say. ForbiddenError when they may not come in."""
        groups = _groups(claims.get(self.settings.groups_claim))
        if self.settings.groups and not groups & {*self.settings.groups}:
            raise ForbiddenError("You are in none of the groups that may sign in here. Ask an owner of this service.")
        found = workspace.people.signed_in(
            f"{self.settings.issuer}\n{claims['sub']}",
            _name(claims, self.settings.name_claim),
            groups=groups,
            role=_role(groups, self.settings),
            create=self.settings.create,
        )
        if found is None:
            raise ForbiddenError(_UNKNOWN)
        return found


@router.get("/login/sso")
def begin(request: Request, here: Here, next: Annotated[str, Query(max_length=2000)] = "/") -> RedirectResponse:
    """Sends the browser to the provider."""
    sign_on = _of(here)
    with here.signing_on():
        address, cookie = sign_on.begin(_redirect(request, sign_on.settings), local_path(next))
    response = RedirectResponse(address, _SEE_OTHER)
    # Lax: the cookie must come along when the provider sends the browser back.
    secure = request.url.scheme == "https"
    response.set_cookie(_cookie(request), cookie, max_age=MINUTES * 60, httponly=True, samesite="lax", secure=secure)
    return response


@router.get("/login/callback")
def back(request: Request, here: Here, state: _Text = "", code: _Text = "", error: _Text = "") -> Response:
    """Where the provider sends the browser back to."""
    sign_on, address = _of(here), address_of(request)
    attempt, then = sign_on.resume(request.cookies.get(_cookie(request), ""), state)
    if error or not code:
        raise ForbiddenError("The provider did not let you in. Try again, or ask an owner of this service.")
    try:
        with here.signing_on():
            claims = sign_on.provider.claims(attempt, code)
        person = sign_on.person(here.workspace, claims)
    except BusyError:
        raise
    except HomegroundError as failure:
        # What is wrong with a name would write the name down: of it the log has the code alone.
        words = {} if isinstance(failure, ConfigError) else {"why": str(failure)}
        told = {"address": address, "by": "sign-on", "code": status_of(failure)[1]}
        append(here.workspace.catalogue, "login failed", "", told | words)
        raise
    response = signed_in(request, here, person, then)
    if response is None:
        raise ForbiddenError(_UNKNOWN)
    append(here.workspace.catalogue, "login", person.name, {"address": address, "by": "sign-on"})
    response.delete_cookie(_cookie(request), path="/", secure=request.url.scheme == "https")
    return response


def _of(here: Service) -> SignOn:
    if here.sso is None:
        raise NotFoundError("There is no single sign-on here: [oidc] issuer is not set.")
    return here.sso


def _cookie(request: Request) -> str:
    return "__Host-homeground_sign_on" if request.url.scheme == "https" else "homeground_sign_on"


def _redirect(request: Request, settings: OidcSettings) -> str:
    return settings.redirect if settings.redirect != "none" else str(request.url_for("back"))


def _groups(claim: Any) -> set[str]:
    """The groups that a claim names: a list of texts, or texts with commas; what cannot be a name is left out."""
    given = claim.split(",") if isinstance(claim, str) else claim if isinstance(claim, list) else []
    found = set()
    for each in given[:_MOST_GROUPS]:
        try:
            found.add(checked_name(each) if isinstance(each, str) else checked_name(""))
        except ConfigError:
            continue
    return found


def _name(claims: Mapping[str, Any], wanted: str) -> str:
    for each in (wanted, "preferred_username", "email", "sub"):
        if isinstance(found := claims.get(each), str) and found.strip():
            return found
    raise ForbiddenError(f"The provider does not say what to call you ([oidc] name_claim = {wanted!r}).")


def _role(groups: set[str], settings: OidcSettings) -> str | None:
    """The role that the groups give; None where no setting ties roles to groups."""
    if not settings.owners and not settings.editors:
        return None
    if groups & {*settings.owners}:
        return "owner"
    return "editor" if groups & {*settings.editors} else "reader"
