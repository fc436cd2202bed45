"""The rules of the advice, from the file that a user names."""

from __future__ import annotations

from pathlib import Path

from augderm.domain.errors import InvalidConfig, LimitExceeded
from augderm.domain.limits import MAX_SIDECAR_BYTES
from augderm.domain.text import visible
from augderm.evidence.advice import Policy, policy_from


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        InvalidConfig: it is missing, cannot be read, or is no policy; the message names file and key.
        LimitExceeded: it is larger than `MAX_SIDECAR_BYTES`.
    """
    name = visible(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIDECAR_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InvalidConfig(f"policy {name} cannot be read ({why}); check the path and its mode") from None
    if len(data) > MAX_SIDECAR_BYTES:
        raise LimitExceeded(
            f"policy {name} has more than {MAX_SIDECAR_BYTES // 1024} KB; give a file like the shipped one"
        )
    try:
        return policy_from(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        raise InvalidConfig(f"policy {name} is no UTF-8 text ({error}); save it as such") from None
