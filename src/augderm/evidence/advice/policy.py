"""A policy: which facts ask for which band, read from a TOML text that a clinic can read and change."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from augderm.domain.advice import BANDS, RECALL_MONTHS, Band, Comparison, FactValue, PolicyName
from augderm.domain.errors import InvalidConfig
from augderm.domain.recall import Interval
from augderm.evidence.advice.facts import FACTS

_Word = TypeVar("_Word", bound=str)
COMPARISONS: tuple[Comparison, ...] = ("is", "at_least", "above", "below")
UNREAD_BANDS: tuple[Band, ...] = ("urgent", "soon")
"""The only bands for a photograph that was not read, for a red flag, and where no rule applies."""
MAX_TEXT = 400
"""Longest text of a policy, in letters: it stands in a report."""
MAX_DAYS = 366.0
SHORTEST_MONTHS_DAYS = 89
"""Days of the shortest three months, from 31 January or 1 February on: no visit may be later than the next
photograph of a milder band."""
MAX_NUMBER = 1e9
"""No limit of any fact is near it; nan and the infinities are not below it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a policy; see `domain.advice.FiredRule` for what its parts mean.

    `origin` says who chose the limit, and on what.
    """

    name: str
    band: Band
    red_flag: bool
    fact: str
    comparison: Comparison
    limit: FactValue
    sentence: str
    origin: str

    def applies(self, value: FactValue | None) -> bool:
        """Whether a fact fires the rule; an unknown one never does."""
        match self.comparison, value, self.limit:
            case "is", found, limit:
                return found == limit
            case "at_least", float() | int() as found, float() as limit:
                return found >= limit
            case "above", float() | int() as found, float() as limit:
                return found > limit
            case "below", float() | int() as found, float() as limit:
                return found < limit
        return False


@dataclass(frozen=True, slots=True)
class BandRule:
    """What a band proposes, and within how many days a person should have read such a case.

    `recall` is None where it asks for no control.
    """

    action: str
    read_within_days: float
    recall: Interval | None


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules, and what each band means. `otherwise` is the band where no rule fires."""

    name: PolicyName
    otherwise: Band
    bands: Mapping[Band, BandRule]
    rules: tuple[Rule, ...]

    @property
    def read_within_days(self) -> dict[Band, float]:
        """By band, for the order of a worklist (`evidence.priority`)."""
        return {band: rule.read_within_days for band, rule in self.bands.items()}


def policy_from(text: str, source: str) -> Policy:
    """Read a policy.

    Args:
        text: TOML; the shipped `default.toml` explains each key.
        source: what messages call it, such as its path.

    Raises:
        InvalidConfig: it is no TOML; a key is unknown, missing or of another type; a limit is out of its
            range; a rule or band contradicts itself. The message names the key.
    """
    try:
        try:
            values = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            # Beside bad syntax: a number of thousands of digits, tables nested without end.
            raise InvalidConfig(f"not a TOML file: {error}") from None
        return _policy(values, hashlib.sha256(text.encode()).hexdigest())
    except InvalidConfig as error:
        raise InvalidConfig(f"policy {source}: {error}") from None


def _policy(values: Mapping[str, Any], sha256: str) -> Policy:
    _keys(values, "the policy", required=("name", "version", "otherwise", "bands", "rules"))
    tables, entries = values["bands"], values["rules"]
    if not isinstance(tables, dict) or not isinstance(entries, list) or not entries:
        raise InvalidConfig("give [bands.NAME] tables and at least one [[rules]] entry")
    _keys(tables, "bands", required=BANDS)
    bands = {band: _band(band, tables[band]) for band in BANDS}
    days = [bands[band].read_within_days for band in BANDS]
    if days != sorted(set(days)):
        raise InvalidConfig(
            f"read_within_days is {days} from urgent to reassure; a milder band must wait longer than a "
            "more severe one"
        )
    visits = [recall.days for band in UNREAD_BANDS if (recall := bands[band].recall) and recall.days]
    if visits != sorted(visits):
        raise InvalidConfig(
            f"see_within_days is {visits} from urgent to soon; soon must not be sooner than urgent"
        )
    otherwise = _choice(values["otherwise"], UNREAD_BANDS, "otherwise")
    rules = tuple(_rule(entry, number) for number, entry in enumerate(entries, 1))
    names = [rule.name for rule in rules]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InvalidConfig(f"two rules are called {', '.join(twice)}; give each a name of its own")
    name = PolicyName(_text(values["name"], "name"), _text(values["version"], "version"), sha256)
    return Policy(name, otherwise, bands, rules)


def _band(name: Band, table: object) -> BandRule:
    where = f"bands.{name}"
    recalled = name in UNREAD_BANDS or name in RECALL_MONTHS
    required = ["action", "read_within_days", *(["recall_origin"] if recalled else [])]
    values = _keys(table, where, required=[*required, *(["see_within_days"] if name in UNREAD_BANDS else [])])
    days = _number(values["read_within_days"], f"{where}.read_within_days")
    if not 0 < days <= MAX_DAYS:
        raise InvalidConfig(f"{where}.read_within_days is {days:g}; give more than 0, at most {MAX_DAYS:g}")
    return BandRule(_text(values["action"], f"{where}.action"), days, _recall(name, values, where))


def _recall(name: Band, values: Mapping[str, Any], where: str) -> Interval | None:
    if "recall_origin" not in values:
        return None
    origin = _text(values["recall_origin"], f"{where}.recall_origin")
    if name in RECALL_MONTHS:
        return Interval(kind="photograph", months=RECALL_MONTHS[name], origin=origin)
    days = _number(values["see_within_days"], f"{where}.see_within_days")
    if not (1 <= days <= SHORTEST_MONTHS_DAYS and days.is_integer()):
        raise InvalidConfig(
            f"{where}.see_within_days is {days:g}; give whole days, 1 to {SHORTEST_MONTHS_DAYS}"
        )
    return Interval(kind="visit", days=int(days), origin=origin)


def _rule(table: object, number: int) -> Rule:
    name = table.get("name") if isinstance(table, dict) else None
    where = f"rule {name}" if isinstance(name, str) and name else f"rule {number}"
    required = ("name", "band", "fact", "sentence", "origin")
    values = _keys(table, where, required=required, optional=("red_flag", *COMPARISONS))
    given = [comparison for comparison in COMPARISONS if comparison in values]
    if len(given) != 1:
        raise InvalidConfig(f"{where} has {len(given)} limits; give one of {', '.join(COMPARISONS)}")
    band = _choice(values["band"], BANDS, f"{where}: band")
    red_flag = values.get("red_flag", False)
    if not isinstance(red_flag, bool):
        raise InvalidConfig(f"{where}: red_flag is {red_flag!r}; give true or false")
    if red_flag and band not in UNREAD_BANDS:
        raise InvalidConfig(f"{where}: a red flag cannot ask for {band}; give {' or '.join(UNREAD_BANDS)}")
    fact = _choice(values["fact"], tuple(FACTS), f"{where}: fact")
    return Rule(
        name=_text(values["name"], f"{where}: name"),
        band=band,
        red_flag=red_flag,
        fact=fact,
        comparison=given[0],
        limit=_limit(fact, given[0], values[given[0]], where),
        sentence=_text(values["sentence"], f"{where}: sentence"),
        origin=_text(values["origin"], f"{where}: origin"),
    )


def _limit(fact: str, comparison: Comparison, value: object, where: str) -> FactValue:
    kind, known = FACTS[fact].kind, FACTS[fact].values
    if (kind is float) != (comparison != "is"):
        how = "a number: give at_least, above or below" if kind is float else "no number: give is"
        raise InvalidConfig(f"{where}: {fact} is {how}")
    if kind is float:
        number = _number(value, f"{where}: {comparison}")
        if not 0 <= number <= 1:
            raise InvalidConfig(f"{where}: {comparison} is {number:g}; {fact} goes from 0 to 1")
        return number
    if not isinstance(value, bool | str) or value not in known:
        raise InvalidConfig(f"{where}: is = {value!r}; {fact} is one of {', '.join(map(str, known))}")
    return value


def _keys(
    table: object, where: str, *, required: Sequence[str], optional: Sequence[str] = ()
) -> Mapping[str, Any]:
    if not isinstance(table, dict):
        raise InvalidConfig(f"{where} is no table of keys; see the shipped default.toml")
    known = (*required, *optional)
    if unknown := [str(key) for key in table if key not in known]:
        raise InvalidConfig(f"unknown key {', '.join(unknown)} in {where}; known are {', '.join(known)}")
    if missing := [key for key in required if key not in table]:
        raise InvalidConfig(f"missing key {', '.join(missing)} in {where}; add it")
    return table


def _choice(value: object, known: Sequence[_Word], where: str) -> _Word:
    for each in known:
        if value == each:
            return each
    raise InvalidConfig(f"{where} is {value!r}; give one of {', '.join(known)}")


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT or not value.isprintable():
        raise InvalidConfig(f"{where} is no text of 1 to {MAX_TEXT} printable letters in one line")
    return value


def _number(value: object, where: str) -> float:
    # A bool is an int in Python, and no limit.
    if not isinstance(value, bool) and isinstance(value, int | float) and abs(value) < MAX_NUMBER:
        return float(value)
    raise InvalidConfig(f"{where} is {str(value)[:40]!r}; give a number")
