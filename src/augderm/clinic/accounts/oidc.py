"""Signing in at a provider of OpenID Connect, as an option: code flow with PKCE, state and nonce.

The provider says who somebody is; which accounts are theirs, `provider_links` knows. Nobody registers by
signing in, and roles are never the provider's.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Semaphore
from typing import Any

from augderm.clinic.accounts.login import WrongLogin
from augderm.clinic.errors import ClinicError
from augderm.clinic.settings import OidcSettings

TIMEOUT_S = 10
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key pair. "none", and those by a shared secret, are no proof of the provider."""
LEEWAY_S = 60
"""How far the clocks of both may differ."""
MOST_LETTERS = 255
"""Of a subject (OpenID Connect Core 1.0, section 2)."""


REMEMBERED = timedelta(minutes=5)
"""What the provider says of itself, its keys among it; keys that do not fit are fetched anew."""
MOST_AT_ONCE = 8
"""Requests that wait for the provider: a slow one must not take all threads of the server."""
NAMES = ("name", "preferred_username", "email")
"""Claims that tell a person whose sign-in it is, where the provider sends them. They are shown, and prove
nothing.
"""


class ProviderFailed(ClinicError):
    """The provider cannot be reached, or answers what it must not."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A sign-in that begins: where the browser goes, and what it must bring back from there in a cookie."""

    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class SignedInThere:
    """Who the provider says that it is.

    Attributes:
        subject: unique at the provider.
        name: how to call whom to a person; the subject where the provider sends no name.
    """

    subject: str
    name: str


class Provider:
    """A provider, with what it lately said of itself."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._said: dict[str, tuple[datetime, dict[str, Any]]] = {}
        self._slots = Semaphore(MOST_AT_ONCE)

    def begin(self, redirect_uri: str, now: datetime, *, to_link: bool = False) -> Beginning:
        """Where to send the browser: to choose whom to sign in as; or, to link an account, to prove it anew,
        since the provider may remember whoever used a shared computer before.

        Raises:
            ProviderFailed: the provider does not say.
        """
        found = self._metadata(now)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {"prompt": "login", "max_age": "0"} if to_link else {"prompt": "select_account"}
        with self._client(redirect_uri, _scope(found, to_link)) as client:
            url, _ = client.create_authorization_url(
                found["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier, **asked
            )
        begun = str(int(now.timestamp())) if to_link else ""
        return Beginning(url, f"{state}.{nonce}.{verifier}.{begun}")

    def finish(
        self, redirect_uri: str, answer: Mapping[str, str], secret: str, now: datetime
    ) -> SignedInThere:
        """Who the provider says that it is.

        Args:
            answer: what the browser brought in the address: code and state.
            secret: of `begin`, from the browser's cookie.

        Raises:
            WrongLogin: the sign-in was not begun by this browser, was refused there, or, to link an account,
                was made before.
            ProviderFailed: the provider cannot be reached, or its token is not one for us.
        """
        state, nonce, verifier, begun = (*secret.split("."), "", "", "", "")[:4]
        same = hmac.compare_digest(state.encode(), answer.get("state", "").encode("utf-8", "replace"))
        # RFC 9207: an answer of another provider.
        elsewhere = answer.get("iss", self._settings.issuer) != self._settings.issuer
        if not (state and nonce and verifier and same) or elsewhere or not answer.get("code"):
            raise WrongLogin("The sign-in was not finished. Begin again on this page.")
        found = self._metadata(now)
        try:
            with self._slot(), self._client(redirect_uri, "openid") as client:
                token = client.fetch_token(
                    found["token_endpoint"], code=answer["code"], code_verifier=verifier, timeout=TIMEOUT_S
                )
            claims = self._claims(found["jwks_uri"], str(token["id_token"]), nonce, now)
            _refuse_earlier(claims, begun)
            return _signed_in_there(claims)
        except ClinicError:
            raise
        except Exception as error:
            # Whatever a hostile or broken provider makes of it, it is no proof.
            raise _failed() from error

    def _claims(self, jwks_uri: str, id_token: str, nonce: str, now: datetime) -> Any:
        """Of a token whose signature and claims hold (OpenID Connect Core 1.0, 3.1.3.7)."""
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        settings = self._settings
        try:
            decoded = _decoded(id_token, self._fetch(jwks_uri, now))
        except (JoseError, ValueError):
            # Signed by a key that it has had only since.
            decoded = _decoded(id_token, self._fetch(jwks_uri, now, anew=True))
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": settings.issuer},
                "nonce": {"essential": True, "value": nonce},
            },
            {"client_id": settings.client_id, "nonce": nonce},
        )
        claims.validate(leeway=LEEWAY_S)
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if settings.client_id not in audience:
            raise _failed()
        return claims

    def _client(self, redirect_uri: str, scope: str) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        return OAuth2Session(
            self._settings.client_id,
            self._settings.client_secret,
            scope=scope,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _metadata(self, now: datetime) -> dict[str, Any]:
        settings = self._settings
        found = self._fetch(f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration", now)
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if found.get("issuer") != settings.issuer or not all(
            isinstance(found.get(name), str) and settings.reaches(found[name]) for name in wanted
        ):
            raise _failed()
        return found

    def _fetch(self, url: str, now: datetime, *, anew: bool = False) -> dict[str, Any]:
        import requests

        at, found = self._said.get(url, (datetime.min.replace(tzinfo=UTC), None))
        if found is not None and now < at + REMEMBERED and not anew:
            return found
        if not self._settings.reaches(url):
            raise _failed()
        try:
            with self._slot():
                answer = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise _failed() from error
        if not isinstance(found, dict):
            raise _failed()
        self._said[url] = now, found
        return found

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise ProviderFailed(
                "The sign-in provider is slow, and many wait for it already. "
                "Try again in a minute, or sign in with your password."
            )
        try:
            yield
        finally:
            self._slots.release()


def _scope(metadata: Mapping[str, Any], to_link: bool) -> str:
    """To link an account also names, where the provider has them, for a person to see whose sign-in it is."""
    offered = metadata.get("scopes_supported")
    names = [
        each for each in ("profile", "email") if to_link and isinstance(offered, list) and each in offered
    ]
    return " ".join(("openid", *names))


def _decoded(id_token: str, keys: Any) -> Any:
    from joserfc import jwt
    from joserfc.jwk import KeySet

    return jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=list(ALGORITHMS))


def _refuse_earlier(claims: Mapping[str, Any], begun: str) -> None:
    """Refuse, to link an account, a sign-in that the provider says was made before it was asked for one.

    A provider must say so (OpenID Connect Core 1.0, 2, auth_time); one that does not is believed, since who
    confirms the link sees whose sign-in it is.
    """
    at = claims.get("auth_time")
    if begun and isinstance(at, int | float) and at < int(begun) - LEEWAY_S:
        raise WrongLogin(
            "The provider took a sign-in that was made in this browser before, perhaps by somebody else. "
            "Sign out there, then open your link again."
        )


def _signed_in_there(claims: Mapping[str, Any]) -> SignedInThere:
    subject = claims["sub"]
    if not _is_line(subject):
        raise _failed()
    name = next((claims[each] for each in NAMES if _is_line(claims.get(each))), subject)
    return SignedInThere(subject, name)


def _is_line(told: object) -> bool:
    return isinstance(told, str) and 0 < len(told) <= MOST_LETTERS and told.isprintable()


def _failed() -> ProviderFailed:
    return ProviderFailed(
        "The sign-in provider could not be reached, or did not answer as it must. "
        "Try again later, or sign in with your password."
    )
