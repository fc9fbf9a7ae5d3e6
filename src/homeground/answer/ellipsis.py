"""Questions that leave out what the one before said: "And in 2022?", "What about Norway?", "Why?" are completed.

The fragment takes the place of what it is like in the question before: a year that of a year, a code that of a code,
"for training costs" that of "for travel expenses"; where there is nothing alike it is added.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from homeground.answer.mentions import AUX, PREPOSITION, TIME, Mention, just_before, names, phrases, topic
from homeground.answer.words import terms_of

_LEAD = re.compile(
    r"^\W*(?:(?:and|but|so|then|or|also|okay|ok)\b[,\s]+)?(?:(?:what|how)\s+about|(?:the\s+)?same\s+"
    r"(?:question\s+)?for"
    r"|what\s+if\s+it(?:['’]s|\s+is)|and|but|or)\b[,\s]*|^\W*(?:and|but|or|also)\b[,\s]+",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    rf"^\W*(?:{PREPOSITION}\s+)?(?:what|which|who|whom|whose|when|where|why|how)\b.*\b\w+|^\W*there\b"
    rf"|^\W*{AUX}\b\s+\w+\s+\w+|^\W*(?:list|show|give|tell|find|name)\b",
    re.IGNORECASE,
)
_INSIDE = re.compile(rf"\b(?:{AUX}|what|which|who|when|where|how)\s+\w+\s+\w+", re.IGNORECASE)
_BARE = re.compile(
    r"^\W*(?:(?:and|but|so)\s+)?(?P<word>why(?: not)?|when|where|how|who|since when|until when|by whom"
    r"|from when|for whom"
    r"|how long|how much|how many|how often|to whom|by how much|in which (?:year|country|currency|document))\W*$",
    re.IGNORECASE,
)
_ASKING = re.compile(
    rf"^\W*(?:what|which|who|when|where|why|how)\b(?P<head>.*?)\b(?P<aux>{AUX})\b\s*(?P<rest>.*?)\W*$", re.IGNORECASE
)
_PREPOSED = re.compile(rf"^(?P<prep>{PREPOSITION})\b\s*(?P<what>.+)$", re.IGNORECASE)
_UNITS = re.compile(
    r"(?:us )?(?:dollars?|euros?|pounds?|francs?|yen|yuan|kilos?|kilograms?|grams?|tonnes?|tons?|kg|litres?"
    r"|liters?|percent"
    r"|metres?|meters?|miles|kilomet\w+|hours?|days?|weeks?|months?|years?|millions?|billions?|thousands?|usd"
    r"|eur|gbp)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(rf"\b{AUX}\s+the\s+$", re.IGNORECASE)
_LISTING = re.compile(
    rf"\b{AUX}\b.*\b(?:cover|include|contain|apply to|allow|sell|offer|support|need|use|buy)\s+$", re.IGNORECASE
)
_MOST_WORDS = 9  # a longer one is hardly a fragment


def completed(question: str, before: Sequence[str]) -> str | None:
    """The whole question, or None when it is one already; ``before`` are the earlier questions, newest first."""
    last = before[0]
    if bare := _BARE.match(question):
        return _with_word(bare["word"], last)
    lead = _LEAD.match(question)
    fragment = (question[lead.end() :] if lead else question).strip(" ?.!,")
    if not fragment or len(fragment.split()) > _MOST_WORDS or _is_whole(question, fragment, bool(lead)):
        return None
    return _filled(fragment, last)


def _is_whole(question: str, fragment: str, led: bool) -> bool:
    """Is it a question of its own, or a search in keywords rather than the rest of a question?"""
    if _WHOLE.match(fragment) or _INSIDE.search(fragment):
        return True
    if led:
        return False
    preposed = _PREPOSED.match(fragment)
    return not (question.rstrip().endswith("?") and (preposed or len(fragment.split()) <= 4))


def _with_word(word: str, last: str) -> str:
    """ "Why?" after "When does production start?" → "Why does production start?"."""
    asking = _ASKING.match(last)
    if asking is None:
        return f"{word}: {last}"
    rest, aux = asking["rest"], asking["aux"].lower()
    if word.lower() in ("why", "when", "where", "how", "since when", "until when", "how long", "how often", "why not"):
        head = asking["head"].strip()
        if word.lower() == "why" and aux in ("is", "are", "was", "were") and not head:
            return f"What is the reason for {rest}?"
        return f"{word} {aux} {rest}?" if rest and len(rest.split()) > 1 else f"{word}: {last}"
    return f"{last.rstrip(' ?.!')}, {word}?"


# -- Putting the fragment in its place ----------------------------------------------------------


def _filled(fragment: str, last: str) -> str | None:
    preposed = _PREPOSED.match(fragment)
    prep, what = (preposed["prep"].lower(), preposed["what"]) if preposed else ("", fragment)
    if TIME.search(what) and not [one for one in names(what) if one.sure]:
        return _in_time(prep or "in", what, last)
    if prep and _UNITS.fullmatch(what):
        return _added(fragment, last)
    place = (_same_preposition(prep, what, last) if prep else None) or _alike(what, last, bool(prep))
    if place is not None:
        start, end = place
        return f"{last[:start]}{_fitting(what, last, start)}{last[end:]}"
    if prep:
        return _added(fragment, last)
    return _of_topic(what, last)


def _in_time(prep: str, what: str, last: str) -> str:
    """A time for a time: as little of it as the fragment says anew."""
    said, kept = list(TIME.finditer(last)), last
    new = [match.group() for match in TIME.finditer(what)]
    for time in new:
        same = next((match for match in said if _sort_of(match.group()) == _sort_of(time)), None)
        if same is None:
            continue
        kept = kept.replace(same.group(), time)
        new = [one for one in new if one != time]
    if not new:
        return kept
    return _added(f"{prep} {what}", kept)


def _sort_of(time: str) -> str:
    return "year" if re.search(r"\d{4}", time) else "part" if re.search(r"[QqHh]\d|quarter|half", time) else "month"


def _added(fragment: str, last: str) -> str:
    return f"{last.rstrip(' ?.!')} {fragment}?"


def _same_preposition(prep: str, what: str, last: str) -> tuple[int, int] | None:
    """What follows the same preposition, if it is of the same sort: a name for a name."""
    mentions = (*names(last), *phrases(last))
    for match in reversed(list(re.finditer(rf"\b{prep}\s+", last, re.IGNORECASE))):
        after = [one for one in mentions if one.start - len(one.article) - 1 <= match.end() <= one.start]
        after = [one for one in after if not TIME.fullmatch(one.text)]
        number = re.match(r"[\d.,]+(?:\s+\w+)?", last[match.end() :])
        if number and re.match(r"\d", what) and not TIME.match(number.group()):
            whole = len(what.split()) > 1
            return match.end(), match.end() + (number.end() if whole else len(number.group().split()[0].rstrip(".,")))
        if after:
            one = max(after, key=lambda each: each.end)
            start = match.end() if re.match(r"(?:the|an?)\b", what, re.IGNORECASE) else one.start
            return start, one.end
    return None


def _alike(what: str, last: str, preposed: bool) -> tuple[int, int] | None:
    """What the fragment is like: a code for a code, a name for a name, a phrase with a word in common."""
    own = [one for one in names(f"x {what}") if one.sure]
    held = [one for one in names(last) if one.sure]
    if own:
        codes = _has_digit(own[0].text)
        same = [one for one in held if _has_digit(one.text) == codes] or held
        return _span(same[-1]) if same else None
    shared = [one for one in phrases(last) if _terms(one.text) & _terms(what)]
    if shared:
        return _shared(shared[-1], what)
    if preposed:
        return None
    if subject := _subject(last) if re.match(r"the\s", what, re.IGNORECASE) else None:
        return subject.start, subject.end
    listed = [one for one in phrases(last) if not one.named and _LISTING.search(last[: one.start])]
    return _span(listed[-1]) if listed else None


def _subject(last: str) -> Mention | None:
    """ "the filter" of "How often must the filter be replaced?": of which a whole sentence asks something."""
    if re.match(r"^\W*(?:what|which|who)\b", last, re.IGNORECASE):
        return None
    if any(name.sure for name in names(last)):
        return None
    whole = len(last.rstrip(" ?.!"))
    for one in phrases(last):
        if just_before(_SUBJECT, last, one.start) and one.end < whole and not one.named:
            return one
    return None


def _shared(one: Mention, what: str) -> tuple[int, int]:
    """Of a longer phrase only as many words as the fragment has: "annual leave" of "days annual leave"."""
    words, wanted = one.text.split(), len(re.sub(r"^(?:the|an?|our)\s+", "", what, flags=re.IGNORECASE).split())
    start = one.end - len(" ".join(words[-wanted:])) if len(words) > wanted else one.start
    return start, one.end


def _of_topic(what: str, last: str) -> str | None:
    """ "And the warranty?" after "How heavy is the P-100?" → "What is the warranty of the P-100?"."""
    about = topic(last)
    if about is None:
        return None
    what = what if re.match(r"(?:the|an?|our|its|their)\b", what, re.IGNORECASE) else f"the {what}"
    times = [match.group() for match in TIME.finditer(last)]
    when = f" in {' '.join(times)}" if times else ""
    return (
        f"What about {what} of {about.whole}{when}?" if not about.named else f"What is {what} of {about.whole}{when}?"
    )


def _fitting(what: str, last: str, start: int) -> str:
    """Without an article of its own where the question has one there."""
    if re.search(r"\b(?:the|an?|our)\s+$", last[:start], re.IGNORECASE):
        return re.sub(r"^(?:the|an?|our)\s+", "", what, flags=re.IGNORECASE)
    return what


def _span(one: Mention) -> tuple[int, int]:
    return one.start, one.end


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)


def _terms(text: str) -> set[str]:
    return {term for word in re.findall(r"[\w]+", text) for term in terms_of(word)}
