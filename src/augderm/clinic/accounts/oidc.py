"""Signing in at a provider of OpenID Connect, as an option: code flow with PKCE, state and nonce.

The provider says who somebody is; which accounts are theirs, `provider_links` knows. Nobody registers by
signing in, and roles are never the provider's.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
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


class ProviderFailed(ClinicError):
    """The provider cannot be reached, or answers what it must not."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """A sign-in that begins: where the browser goes, and what it must bring back from there in a cookie."""

    url: str
    secret: str


def begin(settings: OidcSettings, redirect_uri: str) -> Beginning:
    """Where to send the browser.

    Raises:
        ProviderFailed: the provider does not say.
    """
    found = _metadata(settings)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    with _client(settings, redirect_uri) as client:
        url, _ = client.create_authorization_url(
            found["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
        )
    return Beginning(url, f"{state}.{nonce}.{verifier}")


def finish(settings: OidcSettings, redirect_uri: str, answer: Mapping[str, str], secret: str) -> str:
    """Who the provider says that it is.

    Args:
        answer: what the browser brought in the address: code and state.
        secret: of `begin`, from the browser's cookie.

    Returns:
        the subject, unique at the provider.

    Raises:
        WrongLogin: the sign-in was not begun by this browser, or was refused there.
        ProviderFailed: the provider cannot be reached, or its token is not one for us.
    """
    state, _, rest = secret.partition(".")
    nonce, _, verifier = rest.partition(".")
    same = hmac.compare_digest(state.encode(), answer.get("state", "").encode("utf-8", "replace"))
    # RFC 9207: an answer of another provider.
    elsewhere = answer.get("iss", settings.issuer) != settings.issuer
    if not (state and nonce and verifier and same) or elsewhere or not answer.get("code"):
        raise WrongLogin("The sign-in was not finished. Begin again on this page.")
    found = _metadata(settings)
    try:
        with _client(settings, redirect_uri) as client:
            token = client.fetch_token(
                found["token_endpoint"], code=answer["code"], code_verifier=verifier, timeout=TIMEOUT_S
            )
        return _subject(settings, _fetch(settings, found["jwks_uri"]), str(token["id_token"]), nonce)
    except ProviderFailed:
        raise
    except Exception as error:
        # Whatever a hostile or broken provider makes of it, it is no proof.
        raise _failed() from error


def _subject(settings: OidcSettings, keys: Any, id_token: str, nonce: str) -> str:
    """The subject of a token whose signature and claims hold (OpenID Connect Core 1.0, 3.1.3.7)."""
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.jwk import KeySet

    decoded = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=list(ALGORITHMS))
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {"iss": {"essential": True, "value": settings.issuer}, "nonce": {"essential": True, "value": nonce}},
        {"client_id": settings.client_id, "nonce": nonce},
    )
    claims.validate(leeway=LEEWAY_S)
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    subject = claims["sub"]
    told = isinstance(subject, str) and 0 < len(subject) <= MOST_LETTERS and subject.isprintable()
    if settings.client_id not in audience or not told:
        raise _failed()
    return str(subject)


def _client(settings: OidcSettings, redirect_uri: str) -> Any:
    from authlib.integrations.requests_client import OAuth2Session

    return OAuth2Session(
        settings.client_id,
        settings.client_secret,
        scope="openid",
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )


def _metadata(settings: OidcSettings) -> dict[str, str]:
    found = _fetch(settings, f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration")
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if found.get("issuer") != settings.issuer or not all(
        isinstance(found.get(name), str) and settings.reaches(found[name]) for name in wanted
    ):
        raise _failed()
    return found


def _fetch(settings: OidcSettings, url: str) -> dict[str, Any]:
    import requests

    if not settings.reaches(url):
        raise _failed()
    try:
        answer = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise _failed() from error
    if not isinstance(found, dict):
        raise _failed()
    return found


def _failed() -> ProviderFailed:
    return ProviderFailed(
        "The sign-in provider could not be reached, or did not answer as it must. "
        "Try again later, or sign in with your password."
    )
