"""An answer as a finding of a checklist: yes, no, or open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from augderm.domain.anamnesis import LESION_QUESTIONS, LesionStory
from augderm.evidence.scores.rule import Finding

NOT_ANSWERED = "Not answered."


@dataclass(frozen=True, slots=True)
class Told:
    """The lesion's story, and the names of the answers that contradict others: nothing is built on those."""

    lesion: LesionStory
    contradicted: Collection[str] = ()

    def yes_no(self, name: str, beside: str = "") -> Finding:
        """The finding of one answer of yes or no.

        Args:
            name: the question.
            beside: what else was told of it, to stand in the evidence.
        """
        return self.finding(getattr(self.lesion, name), (name,), beside)

    def finding(self, value: bool | None, names: tuple[str, ...], beside: str = "") -> Finding:
        """The finding of what several answers say together.

        Args:
            value: what they say; None leaves it open.
            names: the questions, the one that the finding is named after first.
            beside: likewise.
        """
        said = [words for name in names if (words := self._words(name))]
        place = f"anamnesis.answers.lesion.{names[0]}"
        if self.contradicted and set(names) & set(self.contradicted):
            return Finding(0, 1, f"Told: {'; '.join(said)}. The answers contradict each other.", place)
        text = " ".join(filter(None, (f"Told: {'; '.join(said)}." if said else NOT_ANSWERED, beside)))
        return Finding(int(value is True), int(value is not False), text, place)

    def _words(self, name: str) -> str:
        answer = getattr(self.lesion, name)
        if answer is None:
            return ""
        words = ("yes" if answer else "no") if isinstance(answer, bool) else f"{answer}"
        return f"{LESION_QUESTIONS[name].in_sentence} {words}"
