"""The application: `create_app(settings)` gives the whole clinic to a server."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from fastapi import Depends, FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from augderm.clinic.accounts.oidc import Provider
from augderm.clinic.platform import Platform, open_platform
from augderm.clinic.settings import Settings
from augderm.web import problems
from augderm.web.api import OPEN_API, SIGNED_API
from augderm.web.api.described import REFUSALS
from augderm.web.forms import checked_form, checked_header
from augderm.web.routes import OPEN, SIGNED
from augderm.web.security import BodyLimit, SecurityHeaders
from augderm.web.signed import signed_in

STATIC = Path(__file__).parent / "static"
VENDOR = ("htmx.min.js",)
"""Files of others that the pages load; the build puts them into `static/vendor`."""


def create_app(settings: Settings, platform: Platform | None = None) -> FastAPI:
    """Make the application, with its database brought up to date.

    Args:
        settings: see `clinic.settings`.
        platform: an open one, as tests have; from the settings where None.

    Raises:
        InvalidConfig, ModelMismatch: as `open_platform`.
    """
    app = FastAPI(
        title="augderm",
        version=version("augderm"),
        summary="The clinic's API. Not a medical device: the dermatologist decides.",
        openapi_url="/api/v1/openapi.json",
        # FastAPI's pages of documentation load scripts from elsewhere; the clinic loads none.
        docs_url=None,
        redoc_url=None,
    )
    app.state.platform = platform or open_platform(settings)
    oidc = app.state.platform.settings.oidc
    app.state.provider = Provider(oidc) if oidc else None
    # Whether images are read: whoever starts workers beside the pages knows.
    app.state.working = lambda: True
    # Who asks is known before the body of a request is read.
    for router in SIGNED:
        app.include_router(
            router, dependencies=[Depends(signed_in), Depends(checked_form)], include_in_schema=False
        )
    for router in OPEN:
        app.include_router(router, dependencies=[Depends(checked_form)], include_in_schema=False)
    for router in SIGNED_API:
        app.include_router(
            router,
            prefix="/api/v1",
            dependencies=[Depends(signed_in), Depends(checked_header)],
            responses=REFUSALS,
        )
    for router in OPEN_API:
        app.include_router(router, prefix="/api/v1", responses=REFUSALS)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    problems.install(app)
    # The last is the outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(problems.Faults)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*settings.hosts])
    app.add_middleware(SecurityHeaders, https=app.state.platform.settings.https)
    return app


def missing_vendor_files() -> list[str]:
    """The files of others that are not there; without them pages work, and no longer move by themselves."""
    return [name for name in VENDOR if not (STATIC / "vendor" / name).is_file()]
