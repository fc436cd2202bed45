"""The view of image, age, sex and site together: each part with its size, and what joining was worth."""

from __future__ import annotations

import math
from dataclasses import dataclass

from augderm.domain.anamnesis import QUESTIONS
from augderm.domain.assessment import Malignancy
from augderm.domain.text import visible
from augderm.domain.together import NO_GAIN, Contribution, Gain, Together
from augderm.formats.report.wording import listed, number, percent

TITLE = "Image, age, sex and site together"
NOTE = (
    "Advice and priority build on the image alone. What an answer is worth was learned from the collections "
    "of a few referral clinics, and holds where patients are like theirs. It serves the many: a malignant "
    "lesion in an unlikely person gets less than from the image alone. People of 40 and younger all get the "
    "same for their age: so few of their lesions were malignant that no more is known of a child or a young "
    "adult."
)
GAINS = {
    "auc": "the area under the ROC curve rose by",
    "log_loss": "the log loss fell by",
    "brier": "the Brier score fell by",
    "ece": "the calibration error fell by",
}


@dataclass(frozen=True, slots=True)
class ContributionRow:
    """One part: its log-odds with a sign, by what it multiplies the odds, or why it adds nothing."""

    label: str
    answer: str
    log_odds: str
    odds: str


@dataclass(frozen=True, slots=True)
class TogetherView:
    """The joined probability: `figure` is "" where there is none, and `sentence` then says why."""

    title: str
    figure: str
    sentence: str
    rows: tuple[ContributionRow, ...]
    gain: str
    beside: str
    note: str


def view_together(together: Together, malignancy: Malignancy | None) -> TogetherView:
    """Word the parts, their sum, and what was measured of it."""
    rows: tuple[ContributionRow, ...] = ()
    if together.probability is None or malignancy is None:
        sentence = f"Not given. {visible(together.reason)}"
    else:
        sentence = (
            f"Probability of malignancy; of the image alone it is {percent(malignancy.probability)}, and "
            "both stand. The parts add up as log-odds:"
        )
        rows = (*map(_row, together.contributions), _sum(together))
    beside = [
        f"{QUESTIONS[each.name].in_sentence} ({visible(each.answer)})"
        for each in together.beside
        if each.name != "worry"
    ]
    return TogetherView(
        title=TITLE,
        figure="" if together.probability is None else percent(together.probability),
        sentence=sentence,
        rows=rows,
        gain=_gain(together.contributions, together.gain) if together.gain else "",
        beside=f"Not in the number, for want of data: {listed(beside)}." if beside else "",
        note=NOTE,
    )


def _row(part: Contribution) -> ContributionRow:
    image = part.name == "image"
    return ContributionRow(
        label="Image" if image else QUESTIONS[part.name].words,
        answer="as the network reads it" if image else visible(part.answer) or "unknown",
        log_odds=_signed(part.log_odds),
        odds=part.reason or ("" if image else f"odds × {number(math.exp(part.log_odds))}"),
    )


def _sum(together: Together) -> ContributionRow:
    total = sum(part.log_odds for part in together.contributions)
    return ContributionRow("Together", "", _signed(total), f"probability {percent(together.probability)}")


def _signed(log_odds: float) -> str:
    # Two decimals, so that the parts stand under each other.
    text = number(log_odds, places=2)
    return f"+{text}" if round(log_odds, 2) > 0 else text


def _gain(contributions: tuple[Contribution, ...], gain: Gain) -> str:
    """What joining gained; "" where nothing but the image is in the sum."""
    told = [part for part in contributions if part.name != "image"]
    if all(part.reason for part in told):
        return ""
    weighed = listed([QUESTIONS[part.name].words.lower() for part in told if part.reason != NO_GAIN])
    measured = [
        f"{GAINS[name]} {number(value, places=4)} ({number(low, places=4)} to {number(high, places=4)})"
        for name, (value, low, high) in gain.figures.items()
    ]
    within = [
        f"{_shown(each)} within {name} ({each.images} images, {each.malignant} malignant)"
        for name, each in gain.by_source.items()
    ]
    return (
        f"Joining {weighed} to the image was {_shown(gain)} to help: against the image alone, on "
        f"{gain.images} held-back images ({gain.malignant} malignant), {listed(measured)}, each with its "
        "95\u00a0% interval." + (f" It was {listed(within)}." if within else "")
    )


def _shown(gain: Gain) -> str:
    return "shown" if gain.shown else "not shown"
