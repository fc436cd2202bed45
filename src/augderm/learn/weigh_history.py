"""Weigh age, sex and site beside the network's malignancy, on images that it was not trained on.

Model: logit P(malignant) = the image's calibrated log-odds + f(age) + f(sex) + f(site), each f centred, by
penalised maximum likelihood with the image's log-odds as an offset. Each source has an intercept of its own
in the fit and none in use: how many malignant lesions a collection holds is no property of a patient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from augderm.domain.folds import share_of
from augderm.evidence.together import SITE_GROUPS
from augderm.learn.records import Record

Floats = NDArray[np.float64]
PARTS = ("age_years", "sex", "site")
CROSS_FITS = 10
"""Shares of the groups in which weights are cross-fitted."""
LEAST_MALIGNANT = 10
"""Fewest malignant lesions, of `YOUNGEST` or younger, that all the young are judged by. Of fewer, the curve
would be drawn by the absence of others, and would take from a child what nobody measured."""
YOUNGEST, OLDEST = 40.0, 85.0
"""Ages between which the curve may bend; beyond them the nearest of the two holds, and all that are beyond
count for it. The calibration images have 10 malignant lesions of people of 40 or younger (`youngest_with`), 4
of 35 or younger, and one of below 35. The sources write 85 for all above."""
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(SITE_GROUPS.values()))
SITES_OF_SOURCES: Mapping[str, str] = {
    **{name.replace("_", " "): group for name, group in SITE_GROUPS.items()},
    "head/neck": "head_and_neck",
    **dict.fromkeys(("anterior torso", "posterior torso", "lateral torso"), "trunk"),
}
"""Sites as the sources write them; any other is unknown."""
SOURCES: Mapping[str, str] = {"isic2018": "isic2017"}
"""Datasets that are of one source."""
STEPS, CONVERGED = 100, 1e-10
HARDLY = 1e-3
"""Penalty of the sources' intercepts: one of a source without malignant images would go to infinity."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What is known of N images: each a row, nan or "" where unknown.

    log_odds: (N,) the image's, calibrated. malignant: (N,). age: (N,) years. sex: (N,) "female", "male".
    site: (N,) of `GROUPS`. source, group: (N,) names.
    """

    log_odds: Floats
    malignant: NDArray[np.bool_]
    age: Floats
    sex: NDArray[np.str_]
    site: NDArray[np.str_]
    source: NDArray[np.str_]
    group: NDArray[np.str_]

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Told:
        """Some of the images, by a mask or by index."""
        return Told(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class Shape:
    """Which model.

    Attributes:
        parts: what it looks at, of `PARTS`.
        knots: ages between `YOUNGEST` and `OLDEST` where its straight pieces meet; none: one straight line.
        penalty: half of it times the squared coefficients is taken from the log-likelihood.
    """

    parts: tuple[str, ...] = PARTS
    knots: tuple[float, ...] = ()
    penalty: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """The centred parts: `age_years` at `YOUNGEST`, the knots and `OLDEST`; None: not looked at, or known of
    no image.
    """

    age_years: tuple[tuple[float, float], ...] | None
    sex: Mapping[str, float] | None
    site: Mapping[str, float] | None

    def shift(self, told: Told) -> Floats:
        """(N,) what age, sex and site add to the image's log-odds."""
        total = np.zeros(len(told.age))
        if self.age_years is not None:
            years, odds = np.array(self.age_years).T
            total += np.where(np.isnan(told.age), 0.0, np.interp(told.age, years, odds))
        for found, names in ((self.sex, told.sex), (self.site, told.site)):
            total += np.array([(found or {}).get(name, 0.0) for name in names])
        return total


def told_of(records: Sequence[Record], probability: Floats) -> Told:
    """What is known of records with a benign or malignant label.

    Args:
        records: N.
        probability: (N,) of malignancy, as the reader calibrates it.

    Raises:
        ValueError: of a record it is not known whether it is malignant.
    """
    unknown = [record.image for record in records if record.malignant is None]
    if unknown:
        raise ValueError(
            f"{len(unknown)} of {len(records)} records are neither benign nor malignant ({unknown[0]} is the "
            "first); leave them out"
        )
    return Told(
        log_odds=special.logit(probability),
        malignant=np.array([bool(record.malignant) for record in records]),
        age=np.array([np.nan if r.age_years is None else r.age_years for r in records]),
        sex=np.array([record.sex or "" for record in records]),
        site=np.array([SITES_OF_SOURCES.get(record.site or "", "") for record in records]),
        source=np.array([SOURCES.get(record.dataset, record.dataset) for record in records]),
        group=np.array([record.group for record in records]),
    )


def youngest_with(told: Told, least: int = LEAST_MALIGNANT) -> float:
    """The least age, years, such that so many malignant lesions are of people as old or younger.

    Raises:
        ValueError: there are fewer at any known age.
    """
    ages = np.sort(told.age[told.malignant & ~np.isnan(told.age)])
    if len(ages) < least:
        raise ValueError(
            f"{len(ages)} malignant lesions of known age, fewer than {least}: age cannot be weighed"
        )
    return float(ages[least - 1])


def fit(told: Told, shape: Shape) -> Fitted:
    """Fit age, sex and site.

    Each part is centred so that it alone, told of all these images, leaves their mean probability as it is.
    A part that is known of no image is left out.

    Raises:
        ArithmeticError: the fit does not converge.
    """
    ages = np.array([YOUNGEST, *shape.knots, OLDEST])
    sexes, groups = np.array(["female", "male"]), np.array(GROUPS)
    # By part: its columns, where it is known, and its columns at the values that are written down.
    columns_of = {
        "age_years": (_of_age(told.age, shape.knots), ~np.isnan(told.age), _of_age(ages, shape.knots)),
        "sex": (_of_sex(told.sex), told.sex != "", _of_sex(sexes)),
        "site": (_of_site(told.site), told.site != "", _of_site(groups)),
    }
    parts = {name: part for name, part in columns_of.items() if name in shape.parts and part[1].any()}
    seen = [
        np.where(known[:, None], columns - columns[known].mean(axis=0), 0.0)
        for columns, known, _ in parts.values()
    ]
    own = (told.source[:, None] == np.unique(told.source)).astype(np.float64)
    columns = np.hstack([own, *seen])
    ridge = np.repeat([HARDLY, shape.penalty], [own.shape[1], columns.shape[1] - own.shape[1]])
    found = np.split(
        _maximise(told.log_odds, told.malignant, columns, ridge),
        np.cumsum([part.shape[1] for part in (own, *seen)])[:-1],
    )[1:]
    written: dict[str, Floats | None] = dict.fromkeys(PARTS)
    for (name, (columns, known, at)), slopes in zip(parts.items(), found, strict=True):
        centre = _centre(told.log_odds[known], columns[known] @ slopes)
        written[name] = at @ slopes - centre
    return Fitted(
        age_years=_pairs(ages, written["age_years"]),
        sex=_named(sexes, written["sex"]),
        site=_named(groups, written["site"]),
    )


def cross_fitted(told: Told, shape: Shape, parts: int = CROSS_FITS) -> Floats:
    """(N,) joined log-odds, each image's by a fit without its group's part."""
    part = np.array([int(share_of(f"part {group}") * parts) for group in told.group])
    joined = told.log_odds.copy()
    for number in np.unique(part):
        inside = part == number
        joined[inside] += fit(told.rows(~inside), shape).shift(told.rows(inside))
    return joined


def log_losses(malignant: NDArray[np.bool_], log_odds: Floats) -> Floats:
    """(N,) minus the logarithm of the probability that was given to what is true."""
    losses: Floats = np.logaddexp(0.0, np.where(malignant, -log_odds, log_odds))
    return losses


def _pairs(ages: Floats, odds: Floats | None) -> tuple[tuple[float, float], ...] | None:
    return None if odds is None else tuple(zip(ages.tolist(), odds.tolist(), strict=True))


def _named(names: NDArray[np.str_], odds: Floats | None) -> dict[str, float] | None:
    return None if odds is None else dict(zip(names.tolist(), odds.tolist(), strict=True))


def _centre(log_odds: Floats, shift: Floats) -> float:
    """What is to be taken from (N,) shifts for the mean probability to stay that of (N,) log-odds."""
    mean = float(special.expit(log_odds).mean())
    low, high = float(shift.min()) - 1, float(shift.max()) + 1
    found: float = optimize.brentq(
        lambda centre: float(special.expit(log_odds + shift - centre).mean()) - mean, low, high
    )
    return found


def _of_age(age: Floats, knots: Sequence[float]) -> Floats:
    """(N, 1 + knots) decades above `YOUNGEST`, and above each knot."""
    held = np.clip(age, YOUNGEST, OLDEST)[:, None]
    columns: Floats = np.maximum(held - np.array([YOUNGEST, *knots]), 0.0) / 10
    return columns


def _of_sex(sex: NDArray[np.str_]) -> Floats:
    column: Floats = (0.5 * (sex == "male") - 0.5 * (sex == "female"))[:, None]
    return column


def _of_site(site: NDArray[np.str_]) -> Floats:
    columns: Floats = (site[:, None] == np.array(GROUPS)).astype(np.float64)
    return columns


def _maximise(offset: Floats, truth: NDArray[np.bool_], columns: Floats, ridge: Floats) -> Floats:
    """Newton's method on the logistic likelihood less half of `ridge` times the squared coefficients."""
    at = np.zeros(columns.shape[1])
    for _ in range(STEPS):
        chance = special.expit(offset + columns @ at)
        slope = columns.T @ (truth - chance) - ridge * at
        curvature = (columns * (chance * (1 - chance))[:, None]).T @ columns + np.diag(ridge)
        step = np.linalg.solve(curvature, slope)
        at = at + step
        if np.abs(step).max() < CONVERGED:
            return at
    raise ArithmeticError(f"the fit of age, sex and site did not converge in {STEPS} steps")
