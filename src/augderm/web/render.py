"""A template to a page, in the person's language."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from augderm.clinic.permissions import may
from augderm.clinic.person import Person
from augderm.formats.stored_read import notes_of
from augderm.web.csrf import keep_visitor, token_of
from augderm.web.language import LANGUAGES, chosen, locale_of, translations
from augderm.web.sentences import told_markup
from augderm.web.words import FIELDS, WORDS

TEMPLATES = Path(__file__).parent / "templates"


def language_of(request: Request) -> str:
    """The language of this request's answer."""
    person: Person | None = getattr(request.state, "person", None)
    return chosen(person.locale if person else None, request.headers.get("accept-language", ""))


def render(request: Request, template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page or fragment.

    Args:
        template: in `templates/`; fragments begin with "_".
        values: for the template, beside those that every page has: `person`, `may`, `csrf_token`, `language`,
            `languages`, `direction`, `fields`, `demonstration`.
    """
    person: Person | None = getattr(request.state, "person", None)
    language = language_of(request)
    page = (
        environment()
        .get_template(template)
        .render(
            {
                "person": person,
                "may": lambda action: person is not None and may(person, action),
                "csrf_token": token_of(request),
                "language": language,
                "languages": LANGUAGES,
                "direction": locale_of(language).text_direction.replace("left-to-right", "ltr")[:3],
                "fields": FIELDS,
                "words": WORDS,
                "path": request.url.path,
                "provider": request.app.state.platform.settings.oidc,
                "translations": translations(language),
                "timezone": person.clinic.timezone if person else "UTC",
                "demonstration": person is not None and person.clinic.demonstration,
                **values,
            }
        )
    )
    response = HTMLResponse(page, status)
    keep_visitor(request, response)
    return response


@cache
def environment() -> Environment:
    """The templates with their filters."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        # Templates do not change while the server runs: no look at each file for each include.
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "word": _word,
        "field": _field,
        "day": _day,
        "moment": _moment,
        "percent": _percent,
        "share": _share,
        "number": _number,
        "message": _message,
        "told": _told,
        "notes": notes_of,
    }
    return made


@pass_context
def _gettext(context: Context, text: str) -> str:
    return str(context["translations"].gettext(text))


@pass_context
def _ngettext(context: Context, one: str, many: str, number: int) -> str:
    return str(context["translations"].ngettext(one, many, number))


@pass_context
def _word(context: Context, code: str | None) -> str:
    """A word of a vocabulary; a dash where there is none."""
    return "–" if code is None else str(context["translations"].gettext(WORDS.get(code, code)))


@pass_context
def _field(context: Context, name: str) -> str:
    """The label of a form's field."""
    return str(context["translations"].gettext(FIELDS[name]))


@pass_context
def _message(context: Context, error: Any) -> str:
    """The text of a `ClinicError`, translated."""
    told: str = context["translations"].gettext(error.message) % error.values
    return told


@pass_context
def _told(context: Context, text: str) -> Markup:
    """What the machine says, in the person's language; what has no translation is marked as English."""
    return told_markup(text, context["language"])


@pass_context
def _day(context: Context, day: date) -> str:
    """A day, by the custom of the language, with a year of four digits."""
    return _long_date(day, context["language"])


@lru_cache(maxsize=4096)
def _long_date(day: date, language: str) -> str:
    """A list names the same days again and again, and each takes a tenth of a millisecond."""
    return format_date(day, "long", locale=locale_of(language))


@pass_context
def _moment(context: Context, moment: datetime) -> str:
    """A moment in the clinic's time zone."""
    zone = ZoneInfo(context["timezone"])
    return format_datetime(moment, "medium", tzinfo=zone, locale=locale_of(context["language"]))


@pass_context
def _percent(context: Context, share: float) -> str:
    return percent_of(share, context["language"])


def percent_of(share: float, language: str) -> str:
    """A share of 0..1; what rounds to 0 or 100 is said to be below or above instead."""
    locale = locale_of(language)
    for limit, sign in ((0.01, "<"), (0.99, ">")):
        if (share < limit) if sign == "<" else (share > limit):
            return f"{sign} {format_percent(limit, locale=locale)}"
    return format_percent(share, locale=locale)


@pass_context
def _share(context: Context, share: float) -> str:
    """A counted share of 0..1 as it is, to a tenth of a per cent; 0 and 1 too."""
    return format_percent(round(share, 3), locale=context["language"], decimal_quantization=False)


@pass_context
def _number(context: Context, number: float) -> str:
    return format_decimal(number, locale=locale_of(context["language"]))
