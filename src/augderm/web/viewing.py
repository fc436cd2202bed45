"""The photographs of a case as the viewer shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from augderm.clinic.opinions import AskedImage
from augderm.clinic.photographs import STRUCTURE, Layer, Photograph
from augderm.domain.assessment import Scale
from augderm.formats.viewer_page import Legend, Overlay, ViewerImage, script_json, viewer_data
from augderm.web.reading_words import READING_WORDS
from augderm.web.sentences import told_text
from augderm.web.words import N_

WHY = {
    "unread": N_("One of the two was not read by the machine yet."),
    "waits": N_("It is being laid onto the first image; open the page again in a moment."),
    "failed": N_("Laying it onto the first image failed; compare by eye."),
}
BORDER_COLOUR = "#4be0ff"
MAP_OPACITY = 0.6


def viewer_json(
    photographs: Sequence[Photograph],
    language: str,
    translate: Callable[[str], str],
    moment: Callable[[datetime], str],
) -> str:
    """The data element's text, safe to stand in a script element.

    Args:
        photographs: the first is the base; at least one.
        language: of `LANGUAGES`.
        translate: a text into the person's language.
        moment: a moment by the person's custom.
    """
    many = len({each.visit_id for each in photographs}) < len(photographs)
    images = [
        _image(number if many else None, each, language, translate, moment)
        for number, each in enumerate(photographs, 1)
    ]
    return script_json(viewer_data(images, photographs[0].id, language=language, translate=translate))


def asked_viewer_json(
    referral_id: str, images: Sequence[AskedImage], language: str, translate: Callable[[str], str]
) -> str:
    """Likewise, of a case that was asked of somebody: what was shared, none laid onto another.

    Returns:
        "" where there is no photograph.
    """
    shown = [
        ViewerImage(
            id=each.id,
            url=f"/questions/{referral_id}/images/{each.id}/original",
            width=each.width_px,
            height=each.height_px,
            label=translate(N_("Photograph %(number)s")) % {"number": number},
            visit=referral_id,
            scale=None if each.mm_per_px is None else Scale(each.mm_per_px, each.mm_per_px_uncertainty),
        )
        for number, each in enumerate(images, 1)
    ]
    if not shown:
        return ""
    return script_json(viewer_data(shown, shown[0].id, language=language, translate=translate))


def _image(
    number: int | None,
    each: Photograph,
    language: str,
    translate: Callable[[str], str],
    moment: Callable[[datetime], str],
) -> ViewerImage:
    label = moment(each.visit_at) if number is None else f"{number} · {moment(each.visit_at)}"
    why_not = ""
    if each.laid in ("refused", *WHY):
        why_not = told_text(each.why_not, language) if each.why_not else translate(WHY[each.laid])
    scale = None
    if each.mm_per_px is not None:
        scale = Scale(each.mm_per_px, each.mm_per_px_uncertainty)
    return ViewerImage(
        id=each.id,
        url=f"/images/{each.id}/{'original' if each.direct else 'preview'}",
        width=each.width_px,
        height=each.height_px,
        label=label,
        visit=each.visit_id,
        polarisation=each.polarisation,
        to_base=each.to_base,
        not_registered=why_not,
        scale=scale,
        overlays=[_overlay(each.id, layer, translate) for layer in each.layers],
    )


def _overlay(image_id: str, layer: Layer, translate: Callable[[str], str]) -> Overlay:
    name = layer.name.rpartition(".")[2] if layer.name.startswith(STRUCTURE) else layer.name
    label = translate(READING_WORDS[name])
    if layer.points:
        return Overlay(id=layer.name, label=label, contours=[layer.points], colour=BORDER_COLOUR)
    legend = layer.legend
    return Overlay(
        id=layer.name,
        label=label,
        url=f"/images/{image_id}/overlays/{layer.name}",
        colour=None if layer.colour is None else "rgb({} {} {})".format(*layer.colour),
        opacity=1.0 if legend is None else MAP_OPACITY,
        shown=False,
        legend=None
        if legend is None
        else Legend(
            low=legend["low"],
            high=legend["high"],
            colours=tuple(legend["colours"]),
            unit=translate(READING_WORDS[legend["unit"]]),
        ),
    )
