"""The settings of a sign-in provider: a TOML file, its secret also from the environment."""

from __future__ import annotations

import importlib.util
import os
import tomllib
from dataclasses import fields
from pathlib import Path

from augderm.clinic.settings import OidcSettings
from augderm.domain.errors import InvalidConfig

SECRET = "AUGDERM_OIDC_CLIENT_SECRET"  # noqa: S105  (the name of it)


def read_oidc(path: Path) -> OidcSettings:
    """Read the file.

    Raises:
        InvalidConfig: it cannot be read, a key is unknown or missing, or the extra `oidc` is not installed.
    """
    if importlib.util.find_spec("authlib") is None:
        raise InvalidConfig("signing in at a provider needs authlib; pip install 'augderm[oidc]'")
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidConfig(f"{path} cannot be read as TOML ({error}); see docs/explain/clinic.md") from None
    if secret := os.environ.get(SECRET):
        given["client_secret"] = secret
    known = [field.name for field in fields(OidcSettings)]
    unknown = sorted(set(given) - set(known))
    missing = [name for name in known if not isinstance(given.get(name), str) or not given[name]]
    if unknown or missing:
        raise InvalidConfig(
            f"{path}: unknown keys {unknown}, missing or empty keys {missing}; "
            f"give {', '.join(known)} as text (the secret also as {SECRET})"
        )
    return OidcSettings(**given)
