"""What a sentence speaks of: names, codes and noun phrases with their places, and which of them is its topic.

Told by shape and by closed lists of words, in English: no model, no dictionary of nouns or verbs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from homeground import abandon
from homeground.answer.words import terms_of

AUX = (
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must|isn['’]t|aren['’]t"
    r"|doesn['’]t|didn['’]t)"
)
PREPOSITION = (
    r"(?:of|for|in|at|on|by|to|from|with|without|above|below|under|over|about|during|after|before|per|between)"
)
TIME = re.compile(
    r"\b(?:(?:FY|CY)?[-'’]?(?:19|20)\d\d|Q[1-4]|H[12]|(?:first|second|third|fourth|last) (?:quarter|half)"
    r"|(?:January|February|March|April|May|June|July|August|September|October|November|December)\b)",
    re.IGNORECASE,
)
_DATE = re.compile(rf"(?:{TIME.pattern})(?:,? ?\d+)*", re.IGNORECASE)
_CODE = re.compile(r"\b(?=[A-Za-z0-9/.-]{0,64}\d)(?=[A-Za-z0-9/.-]{0,64}[A-Za-z])[A-Za-z0-9]+(?:[-/.][A-Za-z0-9]+)*\b")
_NAME = re.compile(
    r"\b[A-ZÀ-ÖØ-Þ][\w&'’-]*(?:\.(?=\w))?[\w&-]*(?:(?: (?:of|de|van|von|der|and|the|&))? [A-ZÀ-ÖØ-Þ][\w&-]*"
    r"| \d[\w-]*)*"
)
_START = re.compile(r"(?:^|[.!?:;|]\s+|[\"“‘(]\s*)$")
_ARTICLE = re.compile(r"\b(the|an?)\s+$", re.IGNORECASE)
_DETERMINER = r"(?:the|a|an|our|my|your|their|each|every|this|that|these|those|its|any|all)"
# Words that end a noun phrase: closed classes, and the verbs that questions about documents use most.
_ENDS = (
    rf"(?:{AUX}|{PREPOSITION}|and|or|but|who|which|that|when|where|if|because|as|than|last|lasts?|start|end"
    rf"|begin|cost"
    r"|weigh|mean|take|work|run|get|need|apply|cover|include|have|open|close|expire|say|says|live|make|hold|earn|use"
    r"|pay|sell|buy|employ|report|approve|deliver|happen|know|go|come|look|become|belong|contain|produce|receive|be"
    r"|been|being|i|we|you|me|us|one|someone|not|located|made|sold|paid|located|signed|founded|used|allowed"
    r"|needed|required|called|so|also)"
)
_PHRASE = re.compile(
    rf"\b(?:(?P<det>{_DETERMINER})\s+)?(?P<noun>(?!{_ENDS}\b|{_DETERMINER}\b)[\w'’-]+"
    rf"(?:\s+(?!{_ENDS}\b|{_DETERMINER}\b)[\w'’-]+){{0,4}})",
    re.IGNORECASE,
)
_OPENING = re.compile(
    rf"^\W*(?:and |but |so )?(?:(?:what|which|who|whom|whose|when|where|why|how)\b(?:\s+(?:much|many|long|often"
    rf"|far|old|big"
    rf"|large|high|heavy|late|early|soon|fast))?|{AUX})\b",
    re.IGNORECASE,
)
_JUST_BEFORE = 60  # characters that tell what stands before a name: a word or two and blanks
_LONGEST = 3  # words of a noun phrase; in a longer one there is a verb that was not seen
_ATTRIBUTE = re.compile(r"^\W*(?:what|which|how \w+) (?:is|are|was|were)\b", re.IGNORECASE)
_OWNER = re.compile(r"\b(?:of|for|about)\s+(?:the\s+|an?\s+|our\s+)?$", re.IGNORECASE)
_ADJUNCT = re.compile(r"\b(?:in|at|on|by|from|during|since|until)\s+(?:the\s+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name, code or noun phrase at ``[start:end]`` of a text; ``article`` is the determiner before it, if any.

    ``named`` for names and codes; ``sure`` unless the capital may be there only because a sentence begins.
    """

    text: str
    start: int
    end: int
    named: bool
    sure: bool = True
    article: str = ""

    @property
    def plural(self) -> bool:
        """By its last word."""
        last = self.text.split()[-1].lower()
        return " and " in self.text or (last.endswith("s") and not last.endswith(("ss", "us", "is", "’s", "'s")))

    @property
    def whole(self) -> str:
        """With its article."""
        return f"{self.article} {self.text}" if self.article else self.text


def just_before(pattern: re.Pattern[str], text: str, start: int) -> re.Match[str] | None:
    """What stands just before a place. Never ask ``text[:start]``: with many places, that takes quadratic time."""
    return pattern.search(text, max(0, start - _JUST_BEFORE), start)


def names(text: str) -> list[Mention]:
    """Names and codes in order; years, quarters and months are none."""
    found: list[Mention] = []
    for match in _NAME.finditer(text):
        abandon.check()
        start, end = match.span()
        begins = bool(just_before(_START, text, start))
        while begins and start < end and not terms_of(first := text[start:end].split(" ", 1)[0]):
            start = min(end, start + len(first) + 1)
            begins = False
        held = text[start:end].rstrip(" .'’-")
        if not held or _DATE.fullmatch(held) or not any(terms_of(word) for word in held.split()):
            continue
        held = re.sub(r"['’]s$", "", held)
        sure = not begins or " " in held or any(char.isdigit() for char in held) or held[1:] != held[1:].lower()
        found.append(Mention(held, start, start + len(held), True, sure, _article(text, start)))
    starts, ends = [one.start for one in found], [one.end for one in found]  # in order, and none within another
    for match in _CODE.finditer(text):
        at = bisect_right(starts, match.start()) - 1
        inside = at >= 0 and match.start() < ends[at]
        if not inside and not TIME.fullmatch(match.group()):
            found.append(Mention(match.group(), *match.span(), True, True, _article(text, match.start())))
    return sorted(found, key=lambda one: one.start)


def _article(text: str, start: int) -> str:
    match = just_before(_ARTICLE, text, start)
    return match[1].lower() if match else ""


def phrases(text: str) -> list[Mention]:
    """Noun phrases of a question, without what it opens with, in order."""
    opening = _OPENING.match(text)
    found = []
    for match in _PHRASE.finditer(text, opening.end() if opening else 0):
        abandon.check()
        noun = match["noun"]
        if any(terms_of(word) for word in noun.split()) and not TIME.fullmatch(noun):
            named = any(char.isdigit() or char.isupper() for char in noun)
            found.append(
                Mention(noun, match.start("noun"), match.end("noun"), named, True, (match["det"] or "").lower())
            )
    return found


def topic(question: str) -> Mention | None:
    """What a question is about: a name that is no mere place or time of it, else its best noun phrase."""
    named = [one for one in names(question) if one.sure]
    attribute = _ATTRIBUTE.match(question)
    central = [one for one in named if not just_before(_ADJUNCT, question, one.start)]
    if central:
        grown = _grown(central[-1], question)
        return grown if attribute or any(char.isdigit() for char in grown.text) else _owned_by(grown, question)
    held = [one for one in phrases(question) if one.article or not one.named]
    owners = [one for one in held if just_before(_OWNER, question, one.start)]
    held = [one for one in held if len(one.text.split()) <= _LONGEST]
    definite = [one for one in held if one.article in ("the", "a", "an", "our", "my", "your", "each", "every")]
    first, second = (owners, definite) if attribute else (definite, owners)
    for choice in (first[:1], second[:1], named[-1:]):
        if choice:
            return choice[0]
    return None


def _grown(one: Mention, question: str) -> Mention:
    """ "the Leipzig office" for Leipzig: a name that stands before a noun is part of what is meant."""
    for phrase in phrases(question):
        if phrase.start <= one.start and one.end <= phrase.end and phrase.article and len(phrase.text.split()) <= 4:
            return phrase if phrase.end > one.end else one
    return one


def _owned_by(one: Mention, question: str) -> Mention:
    """ "the lease of the Leipzig office" for the office, where the question is not for the lease itself."""
    match = re.search(
        rf"\b{AUX} (?P<all>the (?:[\w-]+ ){{1,3}}of (?:the )?{re.escape(one.text)})\b", question, re.IGNORECASE
    )
    return (
        Mention(match["all"].removeprefix("the "), match.start("all") + 4, one.end, True, True, "the") if match else one
    )


def told(answers: Sequence[str], question: str) -> list[Mention]:
    """Names in an answer that the question did not say: what was asked for; the surer ones first."""
    asked = question.casefold()
    found = [one for answer in answers[:1] for one in names(answer) if one.text.casefold() not in asked]
    return sorted(found, key=lambda one: not one.sure)
