"""What the machine says, as templates for the catalogues: read from the code that says it, not written twice.

The pure code writes English and knows no languages. From its modules the sentences are taken as they stand
there, strings and f-strings, with each value's place named: f"{len(kept)} of ..." becomes "{kept} of ...".
`augderm.web.sentences` finds the sentences of an assessment by these templates.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from augderm.analysis.followup.repeatability import repeatability
from augderm.analysis.structures.find import LIMITS_ON_PHANTOMS
from augderm.domain.anamnesis import LESION_QUESTIONS, PERSON_QUESTIONS
from augderm.domain.structures import NOT_VALIDATED
from augderm.domain.taxonomy import BY_CODE, CHECKLIST
from augderm.evidence.lesion_story import STORY_RULES
from augderm.evidence.scores import RULES
from augderm.evidence.scores.seen import COLOUR_NAMES, CRITERION_NAMES, STRUCTURE_NAMES
from augderm.formats.report.followup import QUANTITIES
from augderm.formats.report.located import NAMES
from augderm.formats.report.wording import NOT_DETERMINED, UNDEFINED

SOURCE = Path(__file__).resolve().parents[1] / "src/augderm"
MODULES = (
    "analysis/followup/changes.py",
    "analysis/followup/register.py",
    "analysis/maps/colour_maps.py",
    "analysis/maps/regions.py",
    "analysis/measures.py",
    "analysis/neighbours.py",
    "analysis/quality.py",
    "analysis/structures/find.py",
    "clinic/assessments.py",
    "clinic/decoders.py",
    "clinic/derived.py",
    "clinic/preparing.py",
    "clinic/queue.py",
    "domain/anamnesis.py",
    "domain/belonging.py",
    "domain/together.py",
    "evidence/advice/advise.py",
    "evidence/duckling.py",
    "evidence/lesion_story/efg.py",
    "evidence/lesion_story/nice.py",
    "evidence/lesion_story/told.py",
    "evidence/risk/nci.py",
    "evidence/scores/abcd.py",
    "evidence/scores/chaos.py",
    "evidence/scores/menzies.py",
    "evidence/scores/rule.py",
    "evidence/scores/seen.py",
    "evidence/scores/seven_point.py",
    "evidence/scores/three_point.py",
    "evidence/together.py",
    "followup.py",
    "formats/raster.py",
    "formats/stored_read.py",
    "reader/calibrated.py",
    "reader/joined.py",
    "reader/structure_figures.py",
    "second_read.py",
)
"""Those whose sentences a clinic shows; one that is new there is added here."""
POLICY = "evidence/advice/default.toml"
SAID_BY = ("Validation",)
"""Calls whose first argument is shown though it is no whole sentence."""
SAID_AS = ("unless", "repeatability")
"""Arguments likewise; and of `Seen.blue_grey` the only one."""
THE_PROGRAMS_OWN = ("ValueError", "TypeError", "KeyError", "ModelMismatch", "AssertionError")
"""Errors that no page shows."""
REFUSALS = ("InvalidConfig", "InvalidImage", "LimitExceeded")
"""Errors that a page shows, with or without a full stop."""
SHOWN_BY = frozenset({"len", "max", "min", "str", "sorted", "visible", "number"})
"""Functions that give a value no other name."""
EXTRA = (
    "and", "or", "to", "more than", "yes", "no", "none", "unknown", "present", "absent", "not settled",
    "given", "a ruler's (to", "of one colour", "finds what is planted", "Share of", "odds", "points",
    "patient", "lesion", "dermoscopic", "clinical", "years", "months", "non-Hispanic white",
)  # fmt: skip
"""Words that the code puts between values."""


def machine_texts() -> dict[str, list[str]]:
    """Each template or term, with the files that it stands in."""
    found: dict[str, list[str]] = {}
    for module in MODULES:
        for text in said(ast.parse((SOURCE / module).read_text(encoding="utf-8"))):
            places = found.setdefault(text, [])
            if f"src/augderm/{module}" not in places:
                places.append(f"src/augderm/{module}")
    for text in policy_texts():
        found.setdefault(text, []).append(f"src/augderm/{POLICY}")
    for text in terms():
        found.setdefault(text, ["tools/machine_texts.py"])
    return found


def policy_texts() -> Iterator[str]:
    """What the shipped policy says."""
    policy = tomllib.loads((SOURCE / POLICY).read_text(encoding="utf-8"))
    for band in policy["bands"].values():
        yield band["action"]
        if "recall_origin" in band:
            yield band["recall_origin"]
    for rule in policy["rules"]:
        yield from (rule["sentence"], rule["origin"])


def terms() -> Iterator[str]:
    """Words that stand as values within sentences, from the vocabularies that the sentences are made of."""
    yield from EXTRA
    yield from STRUCTURE_NAMES.values()
    yield from COLOUR_NAMES.values()
    yield from (name[0].upper() + name[1:] for name in CRITERION_NAMES.values())
    yield from (category for categories in CHECKLIST.values() for category in categories)
    yield from (each.name[0].lower() + each.name[1:] for each in BY_CODE.values())
    for question in (*PERSON_QUESTIONS.values(), *LESION_QUESTIONS.values()):
        yield question.in_sentence
        yield from (choice.replace("_", " ") for choice in question.choices)
    for rule in (*RULES.values(), *STORY_RULES.values()):
        yield from (rule.source, rule.limits)
    yield from LIMITS_ON_PHANTOMS.values()
    yield NOT_VALIDATED.words
    yield from QUANTITIES.values()
    yield from NAMES.values()
    yield from (NOT_DETERMINED, UNDEFINED, repeatability().pairs)


def said(tree: ast.Module) -> Iterator[str]:
    """The templates of a module: its whole sentences, and what is said by name."""
    silent = {id(node) for node in _silent(tree)}
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        if isinstance(node, ast.Call):
            yield from _named(node)
        elif isinstance(node, ast.Constant | ast.JoinedStr):
            yield from filter(_is_sentence, map(_trimmed, _texts(node)))


def _named(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in (*SAID_BY, *REFUSALS, "blue_grey") and call.args:
        yield from filter(None, map(_trimmed, _texts(call.args[0])))
    for keyword in call.keywords:
        if keyword.arg in SAID_AS:
            yield from _texts(keyword.value)


def _silent(tree: ast.Module) -> Iterator[ast.AST]:
    """Docstrings, parts of f-strings, and errors that no page shows."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from (part for part in ast.walk(node) if part is not node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        elif isinstance(node, ast.Raise) and _raised(node) in THE_PROGRAMS_OWN:
            yield from ast.walk(node)


def _raised(node: ast.Raise) -> str:
    return getattr(node.exc.func, "id", "") if isinstance(node.exc, ast.Call) else ""


def _texts(node: ast.expr) -> list[str]:
    """All that a string expression may say; one for each way of a condition within it."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        return [*_texts(node.body), *_texts(node.orelse)]
    if not isinstance(node, ast.JoinedStr):
        return []
    parts = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            ways = _texts(part.value) if isinstance(part.value, ast.IfExp) else []
            parts.append(ways or [f"{{{_name(part.value)}}}"])
        else:
            parts.append(_texts(part))
    return [_numbered("".join(way)) for way in product(*parts)]


def _name(value: ast.expr) -> str:
    """What a value is called: the last name of its expression, or the function that gives it."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id not in SHOWN_BY:
        return value.func.id.strip("_").lower()
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        whose = value.func.value
        return _name(value.args[0] if isinstance(whose, ast.Constant) and value.args else whose)
    if isinstance(value, ast.Attribute):
        return value.attr.strip("_").lower()
    if isinstance(value, ast.Subscript):
        return _name(value.value)
    names = [
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(value)
        if isinstance(node, ast.Attribute | ast.Name) and getattr(node, "id", "") not in SHOWN_BY
    ]
    return next((name.strip("_").lower() for name in names), "value")


def _numbered(text: str) -> str:
    """Adjacent places are one, and two of one name are told apart: {name}, {name_2}."""
    text = re.sub(r"(\{\w+\})(?:\{\w+\})+", r"\1", text)
    seen: dict[str, int] = {}

    def told_apart(place: re.Match[str]) -> str:
        seen[place[1]] = seen.get(place[1], 0) + 1
        return place[0] if seen[place[1]] == 1 else f"{{{place[1]}_{seen[place[1]]}}}"

    return re.sub(r"\{(\w+)\}", told_apart, text)


def _trimmed(text: str) -> str:
    """Without sentences that are values, which stand as templates of their own."""
    text = re.sub(r"^(?:\{\w+\} )+(?=[A-Z])", "", text.strip())
    return re.sub(r"(?<=[.!?])(?: \{\w+\})+$", "", text).strip()


def _is_sentence(text: str) -> bool:
    return text.endswith((".", "!", "?")) and bool(re.search(r"[a-z]{2}.* ", text))
