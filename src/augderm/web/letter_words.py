"""A signed case's report in words of one language: the person's decision first, then the machine's part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from augderm.clinic.letters import filled
from augderm.clinic.reports import MachinePart, ReportImage, ReportLesion, SignedReport
from augderm.domain.assessment import LIMIT_OF_USE
from augderm.domain.body_map import region_at
from augderm.formats.letter.content import BodyMap, Item, Letter, Machine, Photograph, body_map_svg
from augderm.web.language import locale_of, translations
from augderm.web.render import percent_of
from augderm.web.sentences import told_text
from augderm.web.words import FIELDS, N_, WORDS

SHORT_HASH = 12
"""Digits of a model's SHA-256 that are printed."""
TEXTS: Mapping[str, str] = {
    "patient": N_(
        "Dear {patient},\n\n"
        "on {visit_day} we examined a spot on your skin.\n\n"
        "Where it is: {site} (we call it {lesion})\n"
        "What we found: {diagnosis}\n\n"
        "What happens next: {next_step}\n\n"
        "If the spot changes, bleeds or worries you, please come to us at once. The report follows below; "
        "please ask us about everything that is unclear to you.\n\n"
        "Yours sincerely\n{reader}\n{clinic}"
    ),
    "doctor": N_(
        "Dear colleague,\n\n"
        "we examined {patient}, born on {birth_date}, on {visit_day}.\n\n"
        "Lesion {lesion}: {site}\n"
        "Diagnosis: {diagnosis}\n"
        "Management: {management}\n\n"
        "{reason}\n\n"
        "Yours sincerely\n{reader}\n{clinic}"
    ),
}
"""The letters that come with augderm, by recipient."""
NEXT_STEPS: Mapping[str, str] = {
    "urgent": N_("the spot has to be treated or examined further without delay. We arrange this with you."),
    "soon": N_("the spot should be treated or examined further within four weeks. We arrange this with you."),
    "monitor_3": N_("we photograph the spot again in 3 months and compare."),
    "monitor_6": N_("we photograph the spot again in 6 months and compare."),
    "monitor_12": N_("we photograph the spot again in 12 months and compare."),
    "reassure": N_("the spot needs no control."),
}
"""A management in plain words, for a patient."""


def default_text(recipient: str, language: str) -> str:
    """The letter that comes with augderm."""
    return str(translations(language).gettext(TEXTS[recipient]))


def letter_of(report: SignedReport, pictures: Mapping[str, bytes], language: str, recipient: str) -> Letter:
    """Word a report.

    Args:
        report: the facts.
        pictures: JPEG by key of the photograph.
        language: of `LANGUAGES`.
        recipient: "patient", "doctor", or "" for a report without a letter. A patient is told which program
            took part, and not its figures, which the dermatologist's decision has replaced.
    """
    told = _Words(language, report.clinic.timezone)
    _ = told.gettext
    patient, lesion = report.patient, report.lesion
    return Letter(
        language=language,
        direction="rtl" if locale_of(language).text_direction == "rtl" else "ltr",
        title=_("Report on a skin lesion"),
        clinic=report.clinic.name,
        limit_of_use=_(LIMIT_OF_USE),
        synthetic=_("Synthetic: not a patient") if report.clinic.demonstration else "",
        paragraphs=_paragraphs(report, told, recipient) if recipient else (),
        patient_title=_("Patient"),
        patient=(
            Item(_("Name"), f"{patient.family_name}, {patient.given_name}"),
            Item(told.field("birth_date"), told.day(patient.birth_date)),
            Item(told.field("sex"), told.word(patient.sex)),
            Item(told.field("identifier"), patient.identifier),
        ),
        lesion_title=_("Lesion"),
        lesion=(
            Item(_("Lesion"), lesion.label),
            Item(told.field("site"), _site(lesion, told)),
            *([Item(_("On the body map"), place)] if (place := _place(lesion, told)) else []),
            Item(_("Visit"), told.moment(report.visit_at)),
        ),
        body_map=_body_map(lesion, told),
        decision_title=_("The dermatologist's decision"),
        decision=(
            Item(_("Diagnosis"), told.word(report.diagnosis)),
            Item(_("Management"), told.word(report.management)),
            *([Item(_("Reason"), report.reason)] if report.reason else []),
        ),
        notice=told.word(f"doubt.{report.doubt}") if report.doubt else "",
        signature=_decided(report, told),
        history_title=_("All signatures and addenda"),
        history=_history(report, told),
        photographs_title=_("Photographs"),
        photographs=tuple(
            Photograph(
                pictures[each.id],
                told.moment(each.uploaded_at),
                _("Photograph of %(moment)s") % {"moment": told.moment(each.uploaded_at)},
            )
            for each in report.images
            if each.id in pictures
        ),
        machine=_machine(report.images, told, with_figures=recipient != "patient"),
        page=_("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
    )


class _Words:
    """Words, days and moments of one language and time zone."""

    def __init__(self, language: str, timezone: str) -> None:
        self.gettext: Callable[[str], str] = translations(language).gettext
        self.language, self.zone = language, ZoneInfo(timezone)

    def word(self, code: str | None) -> str:
        return "–" if code is None else self.gettext(WORDS.get(code, code))

    def field(self, name: str) -> str:
        return self.gettext(FIELDS[name])

    def day(self, day: date) -> str:
        return format_date(day, "long", locale=self.language)

    def moment(self, moment: datetime) -> str:
        return format_datetime(moment, "medium", tzinfo=self.zone, locale=self.language)


def _site(lesion: ReportLesion, told: _Words) -> str:
    """As it was entered; by the point on the body map where nothing else was."""
    if lesion.site is None:
        return _place(lesion, told) or "–"
    side = f", {told.word(lesion.laterality)}" if lesion.laterality else ""
    return told.word(lesion.site) + side


def _place(lesion: ReportLesion, told: _Words) -> str:
    """The region under the point on the body map. It stands beside the site as entered, and not in its
    place: who reads both sees where they contradict each other.
    """
    if lesion.map_view is None or lesion.map_x is None or lesion.map_y is None:
        return ""
    region = region_at(lesion.map_view, lesion.map_x, lesion.map_y)
    return "" if region is None else region.words(told.gettext)


def _body_map(lesion: ReportLesion, told: _Words) -> BodyMap | None:
    if lesion.map_view is None or lesion.map_x is None or lesion.map_y is None:
        return None
    place = _place(lesion, told) or _site(lesion, told)
    return BodyMap(
        body_map_svg(lesion.map_view, lesion.map_x, lesion.map_y),
        told.gettext("Where the lesion is: %(site)s") % {"site": place},
    )


def _isolated(value: str) -> str:
    """The value with its own direction of writing: a Latin name in an Arabic sentence keeps its order."""
    return f"\u2068{value}\u2069" if value else ""


def _paragraphs(report: SignedReport, told: _Words, recipient: str) -> tuple[str, ...]:
    patient = report.patient
    text = report.own_text or told.gettext(TEXTS[recipient])
    step = NEXT_STEPS.get(report.management)
    values = {
        "patient": f"{patient.given_name} {patient.family_name}",
        "birth_date": told.day(patient.birth_date),
        "visit_day": told.day(report.visit_at.astimezone(told.zone).date()),
        "lesion": report.lesion.label,
        "site": _site(report.lesion, told),
        "diagnosis": told.word(report.diagnosis),
        "management": told.word(report.management),
        "next_step": told.gettext(step) if step else told.word(report.management),
        "reason": report.reason,
        "reader": report.reader,
        "clinic": report.clinic.name,
    }
    return filled(text, {name: _isolated(value) for name, value in values.items()})


def _signed(reader: str, at: datetime, told: _Words) -> str:
    said = {"reader": _isolated(reader), "moment": told.moment(at)}
    return told.gettext("Signed by %(reader)s on %(moment)s") % said


def _decided(report: SignedReport, told: _Words) -> str:
    if not report.by_addendum:
        return _signed(report.reader, report.signed_at, told)
    said = {"reader": _isolated(report.reader), "moment": told.moment(report.signed_at)}
    return told.gettext("Decided by %(reader)s in an addendum on %(moment)s") % said


def _history(report: SignedReport, told: _Words) -> tuple[Item, ...]:
    if len(report.signatures) == 1 and not report.addenda:
        return ()
    found = [
        (
            each.at,
            Item(
                _signed(each.reader, each.at, told),
                "\n".join(
                    part
                    for part in (told.word(each.diagnosis), told.word(each.management), each.reason)
                    if part
                ),
            ),
        )
        for each in report.signatures
    ]
    found += [
        (
            each.at,
            Item(
                f"{told.field('addendum')}, {_isolated(each.by)}, {told.moment(each.at)}",
                "\n".join(
                    (
                        each.text,
                        *(
                            f"{told.field(name)}: {told.word(code)}"
                            for name, code in (
                                ("addendum_diagnosis", each.diagnosis),
                                ("addendum_management", each.management),
                            )
                            if code
                        ),
                    )
                ),
            ),
        )
        for each in report.addenda
    ]
    return tuple(item for _at, item in sorted(found, key=lambda each: each[0]))


def _machine(images: tuple[ReportImage, ...], told: _Words, *, with_figures: bool) -> Machine:
    _ = told.gettext
    read = [each.machine for each in images if each.machine is not None]
    if not read:
        note = _("The machine had not read the photographs when the case was signed.")
    elif with_figures:
        note = _(
            "A program read the photographs for the dermatologist, who decided as stated above. "
            "Its read is a second look, and no diagnosis."
        )
    else:
        note = _(
            "A program looked at the photographs too. "
            "It decides nothing: the dermatologist looked at the spot and decided."
        )
    models = dict.fromkeys(f"{each.model} {each.version} ({each.sha256[:SHORT_HASH]})" for each in read)
    return Machine(
        title=_("The machine's part"),
        note=note,
        parts=tuple(
            (
                _("Photograph of %(moment)s") % {"moment": told.moment(each.uploaded_at)},
                _figures(each.machine, told),
            )
            for each in images
        )
        if with_figures and read
        else (),
        model=f"{_('Model')} {', '.join(models)}" if models else "",
    )


def _figures(machine: MachinePart | None, told: _Words) -> tuple[Item, ...]:
    _ = told.gettext
    if machine is None:
        return (Item(_("Status"), _("not read by then")),)
    found = []
    if not machine.current:
        found.append(Item(_("Status"), _("The answers that were known by then are not in this read.")))
    if machine.status != "ok":
        why = told_text(machine.reason, told.language)
        gives_none = _("The machine gives no diagnosis of this photograph.")
        found.append(Item(_("Status"), f"{gives_none}\n{why}".strip()))
    found += [Item(_("Status"), told_text(note, told.language)) for note in machine.notes]
    if machine.probability is not None:
        found.append(Item(_("Probability of malignancy"), percent_of(machine.probability, told.language)))
    if machine.likeliest:
        named = (f"{told.word(code)} {percent_of(share, told.language)}" for code, share in machine.likeliest)
        found.append(Item(_("Likeliest"), "\n".join(named)))
    if machine.band is not None:
        found.append(Item(_("Proposed"), told.word(machine.band)))
    return tuple(found)
