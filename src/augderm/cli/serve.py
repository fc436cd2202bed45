"""`augderm serve`: the clinic in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from augderm.clinic.platform import Platform

MAX_WORKERS = 64


def serve(
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Database and images [default: augderm-clinic; with --demo augderm-demo-clinic].",
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Listen there; other machines cannot reach the default.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="0 takes a free one.")] = 8411,
    workers: Annotated[
        int, typer.Option(min=0, max=MAX_WORKERS, metavar="N", help="Processes that read images.")
    ] = 1,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Show synthetic patients, made of phantoms, in a folder of their own."),
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name under which browsers reach this server; may be repeated."),
    ] = None,
    https: Annotated[
        bool, typer.Option("--https", help="Browsers reach it by HTTPS alone, through a proxy in front.")
    ] = False,
    database: Annotated[
        str, typer.Option(metavar="URL", help="Another database: postgresql://user@host/name.")
    ] = "",
    blobs: Annotated[
        str, typer.Option(metavar="URL", help="Another place for images: folder or s3://bucket/prefix.")
    ] = "",
    oidc: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A provider of OpenID Connect to sign in at, in TOML."),
    ] = None,
    library: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Known cases of `augderm library build`, shown as similar to readers of every clinic here.",
        ),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A model bundle [default: the shipped one].")
    ] = None,
) -> int:
    """Open the clinic in the browser: patients, lesions, visits, images, and the second read of each.

    The first start prints a link that works once and makes the first administrator; there is no default
    password. Stops on Ctrl-C. Not a medical device: the dermatologist decides.
    """
    from augderm.cli.serving.oidc_file import read_oidc
    from augderm.cli.serving.server import serve_until_stopped
    from augderm.clinic.platform import open_platform
    from augderm.clinic.settings import Settings
    from augderm.reader.bundle import DEFAULT_BUNDLE
    from augderm.web.app import missing_vendor_files

    settings = Settings(
        data=data or Path("augderm-demo-clinic" if demo else "augderm-clinic"),
        database_url=database,
        blobs_url=blobs,
        bundle=model or DEFAULT_BUNDLE,
        library=library,
        hosts=(*Settings(data=Path()).hosts, host, *(name or [])),
        https=https,
        oidc=read_oidc(oidc) if oidc else None,
    )
    if missing := missing_vendor_files():
        typer.echo(
            f"The front-end files {', '.join(missing)} are not there: pages will not move by themselves. "
            "Install augderm anew (with a network, its build fetches them).",
            err=True,
        )
    platform = open_platform(settings)
    return serve_until_stopped(
        platform, host, port, workers, lambda address: typer.echo(_welcome(platform, address, demo))
    )


def _welcome(platform: Platform, address: str, demo: bool) -> str:
    from augderm.clinic.accounts.start import first_link
    from augderm.clinic.demonstration import demonstration_link

    if demo:
        link = f"{address}/enter/{demonstration_link(platform)}"
        return (
            f"The demonstration is open, with synthetic patients only. Enter here (works once):\n\n  {link}\n"
        )
    token = first_link(platform)
    if token is None:
        return f"The clinic is open: {address}"
    return (
        "The clinic is open. Make its first administrator here (the link works once, within three days):\n\n"
        f"  {address}/start/{token}\n"
    )
