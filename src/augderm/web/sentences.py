"""What the machine says, in the language of who reads it.

Assessments hold English sentences, old ones too, and the code that writes them knows no languages. The
catalogues hold their templates (`tools/machine_texts.py` reads them from that code). Here a sentence is
found by its template, and its values go into the translated one: numbers by the custom of the language,
words by the vocabularies. What no template knows stays English and is told as such.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from babel.numbers import format_decimal
from markupsafe import Markup, escape

from augderm.web.language import SOURCE, locale_of, machine_texts

PLACE = re.compile(r"\{(\w+)\}")
"""The place of a value in a template."""
_BEGINNING = 4
"""Letters by which templates are looked up."""
_SENTENCE_END = re.compile(r"[.!?](?=\s+\S)")
_THOUSANDS = "\u202f"
"""Between groups of three digits, as `formats.report.wording.number` writes them."""
_WHOLE = rf"(?:[1-9]\d{{0,2}}(?:{_THOUSANDS}\d{{3}})+|0|[1-9]\d*)"
_NUMBER = rf"(?<![\w.])[+\-\u2212±]?{_WHOLE}(?:\.\d+)?(?![\w.])°?"
_NEUTRAL = r"ΔE|px²|mm²|px|mm|MB|JPEG|PNG|TIFF|WebP|BMP|HEIC|PDF|ZIP|HTML|\d(?:\.\d+)?e[+-]\d+"
"""Units, names and powers of ten that every language writes alike."""
_PUNCTUATION: Mapping[str, Mapping[str, str]] = {"ar": {",": "،", ";": "؛"}, "fr": {";": "\u00a0;"}}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text, and whether it stayed English."""

    text: str
    english: bool = False


@lru_cache(maxsize=4096)
def told(text: str, language: str) -> tuple[Part, ...]:
    """What the machine said, in another language.

    Args:
        text: one or more sentences, or a value.
        language: of `augderm.web.language.LANGUAGES`.

    Returns:
        its pieces, which joined are the text. Of several sentences each is translated by itself.
    """
    if language == SOURCE or not text:
        return (Part(text),)
    said = _Said.of(language)
    return tuple(_joined(said.sentences(text)))


def told_text(text: str, language: str) -> str:
    """Likewise, as plain text."""
    return "".join(part.text for part in told(text, language))


def told_markup(text: str, language: str) -> Markup:
    """Likewise, escaped, with what stayed English marked as English."""
    if language == SOURCE:
        return escape(text)
    return Markup("").join(
        Markup('<span lang="en" dir="ltr">{}</span>').format(part.text) if part.english else escape(part.text)
        for part in told(text, language)
    )


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with places for values."""

    english: str
    translated: str

    @property
    def literal(self) -> str:
        """What of it is no value."""
        return PLACE.sub("", self.english)

    @property
    def beginning(self) -> str:
        """Its first letters; "" where a value stands among them."""
        own = self.english.partition("{")[0]
        return own[:_BEGINNING] if len(own) >= _BEGINNING else ""

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches the sentence at the beginning of a text. No value goes beyond the end of a sentence."""
        return _pattern(self.english)


@lru_cache(maxsize=4096)
def _pattern(english: str) -> re.Pattern[str]:
    parts = PLACE.split(english)
    # Every second part is a name.
    found = "".join(
        f"(?P<{part}>(?:(?![.!?]\\s).)+?)" if index % 2 else re.escape(part)
        for index, part in enumerate(parts)
    )
    # A value at the end goes up to the end of its sentence.
    return re.compile(f"{found}(?=$|[.!?]\\s)" if english.endswith("}") else f"{found}(?=\\s|$)")


class _Said:
    """The templates and terms of one language."""

    def __init__(self, language: str) -> None:
        texts = machine_texts(language)
        self._language = language
        self._terms = {english: words for english, words in texts.items() if not _is_template(english)}
        templates = [Template(english, words) for english, words in texts.items() if _is_template(english)]
        templates.sort(key=lambda each: (-len(each.literal), each.english))
        beginnings = {each.beginning for each in templates}
        self._by_beginning = {
            # Those that begin with a value may be anywhere.
            beginning: [each for each in templates if each.beginning in (beginning, "")]
            for beginning in beginnings | {""}
        }
        known = sorted(self._terms, key=len, reverse=True)
        words = "|".join(_either_case(term) for term in known)
        self._token = re.compile(
            rf"(?P<number>{_NUMBER})|(?P<term>(?<!\w)(?:{words or '(?!)'})(?!\w))"
            rf"|(?P<neutral>(?<!\w)(?:{_NEUTRAL})(?!\w))|(?P<other> %|[^\w])"
        )

    @staticmethod
    @cache
    def of(language: str) -> _Said:
        """Made once a language."""
        return _Said(language)

    def sentences(self, text: str) -> Iterator[Part]:
        """Sentence after sentence; what none of the templates is stays English up to its end."""
        at = 0
        while at < len(text):
            if text[at].isspace():
                yield Part(text[at])
                at += 1
                continue
            found = self._template(text, at)
            if found is None:
                end = _SENTENCE_END.search(text, at)
                stop = end.end() if end else len(text)
                yield from self._value(text[at:stop])
            else:
                template, match = found
                stop = match.end()
                yield from self._filled(template, match)
            at = stop

    def _template(self, text: str, at: int) -> tuple[Template, re.Match[str]] | None:
        """The template with most of its own words of those that a text has at this place."""
        anywhere = self._by_beginning[""]
        for template in self._by_beginning.get(text[at : at + _BEGINNING], anywhere):
            if match := template.pattern.match(text, at):
                return template, match
        return None

    def _filled(self, template: Template, match: re.Match[str]) -> Iterator[Part]:
        for index, part in enumerate(PLACE.split(template.translated)):
            if index % 2:
                yield from self._value(match[part], first=index == 1 and template.translated.startswith("{"))
            elif part:
                yield Part(part)

    def _value(self, value: str, *, first: bool = False) -> Iterator[Part]:
        """A value: a term, or words and numbers beside each other, or as it is.

        Args:
            first: whether it begins a sentence.
        """
        glued = self._glued(value)
        if glued is not None:
            yield Part(glued[0].upper() + glued[1:] if first and glued else glued)
        else:
            yield Part(value, english=bool(re.search(r"[^\W\d_]", value)))

    def _glued(self, value: str) -> str | None:
        """Terms, numbers and signs in their order; None where a word is not known."""
        if value in self._terms:
            return self._terms[value]
        pieces, at = [], 0
        while at < len(value):
            match = self._token.match(value, at)
            if match is None or match.lastgroup is None:
                return None
            pieces.append(self._piece[match.lastgroup](self, match[0]))
            at = match.end()
        return "".join(pieces)

    def _term(self, word: str) -> str:
        if word in self._terms:
            return self._terms[word]
        # It begins a sentence, and so does its translation.
        translated = self._terms[word[0].lower() + word[1:]]
        return translated[0].upper() + translated[1:]

    def _number(self, number: str) -> str:
        sign = "" if number[0].isdigit() else number[0]
        grouped = _THOUSANDS in number
        digits = number.strip(f"{sign}°").replace(_THOUSANDS, "")
        decimals = len(digits.partition(".")[2])
        form = ("#,##0" if grouped else "0") + (f".{'0' * decimals}" if decimals else "")
        locale = locale_of(self._language)
        written = f"{sign}{format_decimal(digits, form, locale=locale)}{'°' if '°' in number else ''}"
        # A sign before a number would be drawn behind it in a line that runs to the left.
        return f"\u2066{written}\u2069" if sign and locale.text_direction == "rtl" else written

    def _other(self, signs: str) -> str:
        own = _PUNCTUATION.get(self._language, {})
        return own.get(signs, signs.replace(" %", "\u00a0%"))

    def _neutral(self, name: str) -> str:
        return name

    _piece: Mapping[str, Callable[[_Said, str], str]] = {
        "number": _number,
        "term": _term,
        "other": _other,
        "neutral": _neutral,
    }


def _is_template(english: str) -> bool:
    return PLACE.search(english) is not None or english.endswith((".", "!", "?"))


def _either_case(term: str) -> str:
    """A term as it is, or at the beginning of a sentence."""
    if not term[0].islower():
        return re.escape(term)
    return f"[{term[0]}{term[0].upper()}]{re.escape(term[1:])}"


def _joined(parts: Iterator[Part]) -> Iterator[Part]:
    """Neighbours of one kind as one; foreign ones are kept together over the space between them."""
    text, english = "", False
    for part in parts:
        if text and part.english != english and part.text.strip():
            yield Part(text, english)
            text = ""
        if not text:
            english = part.english
        text += part.text
    if text:
        yield Part(text, english)
