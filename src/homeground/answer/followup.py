"""Follow-up questions made standalone by rules: what "it", "that company", "And in 2022?" refer to in the turns before.

understand(question, earlier)   the question as it stands alone, or None when it is one already

Earlier turns say what a word refers to and nothing else: what answers the question is retrieved anew. A question that
stands alone is left untouched, whatever was asked before; one that nothing resolves is left untouched as well.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from homeground import abandon
from homeground.answer.ellipsis import completed
from homeground.answer.followup_chinese import is_chinese, understand_chinese
from homeground.answer.limits import LANGUAGE, limits
from homeground.answer.mentions import AUX, PREPOSITION, TIME, Mention, just_before, names, phrases, told, topic

REACH = 3  # turns back that a word may refer to
LOOKED_AT = 2_000  # characters of a question or answer; a longer question is no follow-up that rules understand
_MOST_PRONOUNS = 20

_LEAD = re.compile(r"^\W*(?:and|but|so|then|or|also|okay|ok)\b[,\s]+(?!so\b)", re.IGNORECASE)
_EXPLETIVE = re.compile(
    r"\bit(?:['’]s)?\s+(?:\w+ly\s+)?(?:possible|allowed|necessary|required|permitted|true|safe|legal|ok|okay"
    r"|mandatory"
    r"|important|better|worth|likely|correct|enough|normal|usual|sensible)\b|\b(?:does|did|will|would|can) it "
    r"(?:take|cost)"
    r"\b(?=[^?.!]*\b(?:to|for|until)\b)|\bwhat time is it\b|\b(?:is|was|be) it (?:\w+ )?\w+ (?:for|that|to|how"
    r"|when|whether)\b"
    r"|\bit mean (?:for|to|when|that|if)\b|\bit (?:rains|snows)\b|\bit called when\b|\bthere (?:is|are|was|were"
    r"|be|been|has|have|will|would|can|could|exists?)\b|\b(?:is|are|was|were|has|have"
    r"|had|will|would|can|could|may|must|should) there\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?P<own>its|their|his|hers?)\b(?=\s+\w)|\b(?P<thing>it|they|them|he|she|him|her|theirs)\b"
    rf"|\b(?P<bare>this|that|these|those)\b(?=\s*[?,.]|\s+(?:{AUX}|mean|means|include|come|came|change|apply"
    rf"|work|happen"
    r"|compare|cost|amount)\b|$)|\b(?P<pair>(?:the\s+)?(?P<which>former|latter))\b"
    rf"(?=\s*[?,.]|\s+(?:{AUX}|{PREPOSITION})\b|['’]s\b|\s+[a-z]+\W*$|$)"
    r"|\b(?P<place>there)\b"
    r"|\b(?P<time>then(?=\s*[?.,]|$)|at that time|(?:(?:in|for|during) )?that (?:year|quarter|period)|the same "
    r"(?:year|quarter|period))\b"
    r"|\b(?P<noun>(?:this|that|these|those|such|the said)\s+(?P<head>(?!year|quarter|period|month|week|is\b"
    r"|are\b)[a-z][\w-]+))\b",
    re.IGNORECASE,
)
_PLACED = re.compile(rf"(?:^\W*|\b(?:{PREPOSITION}|{AUX}|and|or|who|what|when|where|why|how)\s+)$", re.IGNORECASE)
# Nouns that stand for whatever was spoken of; any other noun must have been said before.
_GENERIC = re.compile(
    r"^(?:compan(?:y|ie)|firm|organi[sz]ation|business|product|machine|model|device|system|person|place|city|country"
    r"|team|department|project|agreement|contract|plan|policy|rule|program|programme|site|office|service|amount"
    r"|figure"
    r"|number|value|event|thing|item|matter|topic|case|problem|error|one)$",
    re.IGNORECASE,
)
_WHERE = re.compile(r"\b(?:in|at|to|from)\s+(?:the\s+)?$", re.IGNORECASE)
_PAPER = re.compile(r"(?:document|report|file|contract|policy|handbook|presentation|memo|page|paper|guide|manual)s?$")
_PERSON = re.compile(r"^(?:he|she|him|her|his|hers)$", re.IGNORECASE)
_PEOPLE = re.compile(
    r"\b(?:ceo|cfo|director|manager|employee|engineer|president|chair\w*|head|owner|founder|customer|person|man|woman"
    r"|author|member|officer|worker|doctor|lawyer)s?\b",
    re.IGNORECASE,
)
_COORDINATED = re.compile(
    r"\b(?:(?:in|for|at|of|the|a|an)\s+)*(\S+(?: \d\S*)?)\s+(?:or|and)\s+(?:(?:in|for|at|of|the|a|an)\s+)*"
    r"([^\s?,.]+(?: \d\S*)?)"
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A turn before: its question as it was understood, what was answered, and the documents that were cited."""

    question: str
    answers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


def understand(question: str, earlier: Sequence[Earlier]) -> str | None:
    """The question as it stands alone; None when it is left as it is. ``earlier`` is in the order of asking."""
    turns = tuple(_short(turn) for turn in tuple(reversed(earlier))[:REACH])
    asked = " ".join(question.split())
    if not asked or not turns or len(asked) > LOOKED_AT:
        return None
    if is_chinese(asked):
        found = understand_chinese(asked, turns[0].question, turns[0].answers)
    elif not _is_english(f"{turns[0].question} {asked}"):
        found = None
    else:
        found = completed(asked, [turn.question for turn in turns])
        found = _resolved(found or asked, turns) or found
        found = found or _carried(asked, turns)
    return None if found is None or found.casefold() == asked.casefold() else _sentence(found)


def _short(turn: Earlier) -> Earlier:
    """What is looked at of a turn, on one line: patterns that look for an end, or back, must find it soon."""
    question, *answers = (" ".join(text[:LOOKED_AT].split()) for text in (turn.question, *turn.answers[:1]))
    return Earlier(question, tuple(answers), turn.documents[:1])


def _is_english(text: str) -> bool:
    return all(limit.sort != LANGUAGE for limit in limits(text))


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:]


# -- Pronouns -----------------------------------------------------------------------------------


def _resolved(question: str, turns: Sequence[Earlier]) -> str | None:
    """With every word that refers to an earlier turn replaced by what it refers to; None when there is none."""
    expletive = [match.span() for match in _EXPLETIVE.finditer(question)]
    pieces, at = [], 0
    for match in itertools.islice(_PRONOUN.finditer(question), _MOST_PRONOUNS):
        abandon.check()
        if any(start <= match.start() < end for start, end in expletive) or _own(question, match):
            continue
        found = next((said for turn in turns if (said := _meant(match, turn))), None)
        if found:
            pieces += [question[at : match.start()], found]
            at = match.end()
    return "".join([*pieces, question[at:]]) if pieces else None


def _own(question: str, match: re.Match[str]) -> bool:
    """Does the word refer to something that the question itself says before?"""
    said, word = question[: match.start()], match.group().lower()
    held = [one for one in (*names(said), *phrases(said)) if one.sure]
    if match["pair"]:  # "Who is the former director?", but not "What does the former weigh?"
        noun = re.match(r"\s+(?!(?:is|was|are|were|does|did)\b)[a-z]+\W*$", question[match.end() :])
        return bool(noun) and not re.search(r"\b(?:do|does|did|will|can|must|should)\s+$", said, re.IGNORECASE)
    if word == "that" and not _PLACED.search(said) and not re.match(r"\s*(?:[?.,]|$)", question[match.end() :]):
        return True  # "events that are …"
    if match["time"]:
        return bool(TIME.search(said))
    if match["place"]:
        return bool(re.search(rf"\b{PREPOSITION}\s+(?:the\s+)?\S+\s*\S*\s*$", said))
    if match["noun"]:
        clause = word.startswith("that ") and not (_PLACED.search(said) or re.match(r"\W*$", question[match.end() :]))
        return clause or any(match["head"].lower().rstrip("s") in one.text.lower() for one in held)
    if _PERSON.match(word):
        return any(one.named for one in held) or bool(_PEOPLE.search(said))
    plural = word in ("they", "them", "their", "theirs", "these", "those")
    if match["own"] and plural and any(map(_plural, re.findall(r"[\w-]+", " ".join(one.text for one in held)))):
        return True  # "Do employees keep their laptops?": where the phrase ends before the verb is not known
    return any(one.named or (one.plural == plural and bool(one.article or plural)) for one in held)


def _plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith(("ss", "us", "is"))


def _meant(match: re.Match[str], turn: Earlier) -> str | None:
    """What a referring word means, if the turn says it."""
    word = match.group().lower()
    if match["pair"]:
        return _of_pair(match["which"].lower(), turn)
    if match["time"]:
        return _time(turn)
    if match["place"]:
        found = _place(turn)
        return f"in {found}" if found else None
    if match["noun"] and _PAPER.search(match["head"].lower()) and turn.documents:
        return f"the {match['head']} {turn.documents[0]}"
    found_one = _person(turn) if _PERSON.match(word) and not match["noun"] else _thing(match, turn)
    if found_one is None:
        return None
    possessive = bool(match["own"])
    return _possessive(found_one) if possessive else found_one.whole


def _possessive(one: Mention) -> str:
    return f"{one.whole}’" if one.plural and one.text.endswith("s") else f"{one.whole}’s"


def _person(turn: Earlier) -> Mention | None:
    people = [one for one in told(turn.answers, turn.question) if one.sure and " " in one.text]
    if re.match(r"^\W*(?:who|whose|which)\b", turn.question, re.IGNORECASE) and people:
        return people[0]
    named = [
        one for one in names(turn.question) if one.sure and " " in one.text and not any(c.isdigit() for c in one.text)
    ]
    return next(iter(named or people), None)


def _thing(match: re.Match[str], turn: Earlier) -> Mention | None:
    """What "it", "they", "that" or "that company" means."""
    if match["noun"]:
        head = match["head"].lower().rstrip("s")
        for one in (*phrases(turn.question), *(each for text in turn.answers[:1] for each in phrases(text))):
            if head in one.text.lower().split()[-1] and one.text.lower() != match["head"].lower():
                return one
        if not _GENERIC.search(head):
            return None
    if re.match(r"^\W*(?:which|who|what)\b(?!\s+(?:is|was|are|were|does|did|do|has)\b)", turn.question, re.IGNORECASE):
        anonymous = not names(turn.question)
        answered = [one for one in told(turn.answers, turn.question) if one.sure or anonymous]
        if answered:
            return answered[0]
    found = topic(turn.question)
    if match["bare"] and (inner := _measured(turn.question)):
        return inner
    return found


def _measured(question: str) -> Mention | None:
    """For "that" after a question for a figure: the figure, with what it is of and when."""
    match = re.match(r"^\W*what (?:is|was|are|were) (?P<what>[^?]+?)\W*$", question, re.IGNORECASE)
    return Mention(match["what"], *match.span("what"), False) if match else None


def _time(turn: Earlier) -> str | None:
    for text in (turn.question, *turn.answers[:1]):
        if found := TIME.search(text):
            return f"in {found.group()}"
    return None


def _place(turn: Earlier) -> str | None:
    if re.match(r"^\W*where\b", turn.question, re.IGNORECASE):
        for one in told(turn.answers, turn.question):
            return one.text
    for text in (turn.question, *turn.answers[:1]):
        for one in names(text):
            if just_before(_WHERE, text, one.start):
                return one.text
    found = topic(turn.question)
    return found.whole if found else None


def _of_pair(which: str, turn: Earlier) -> str | None:
    for text in (turn.question, *turn.answers[:1]):
        if pair := _COORDINATED.search(text.rstrip("?.! ")):
            return pair[1] if which == "former" else pair[2].rstrip(".,?!")
    return None


# -- Questions that begin with "and" ------------------------------------------------------------


def _carried(question: str, turns: Sequence[Earlier]) -> str | None:
    """ "And how long is the warranty?": a whole question that goes on, without a name of its own, gets the topic."""
    lead = _LEAD.match(question)
    if not lead:
        return None
    rest = question[lead.end() :]
    about = topic(turns[0].question)
    if any(one.sure for one in names(rest)) or TIME.search(rest) or about is None or not about.named:
        return None
    return f"{rest.rstrip(' ?.!')} of {about.whole}?"
