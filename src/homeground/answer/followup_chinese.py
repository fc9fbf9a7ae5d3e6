"""Follow-up questions in Chinese made standalone: 那2022年呢？, 瑞典呢？, 它有多重？"""

from __future__ import annotations

import re
from collections.abc import Sequence

_FEW = 4  # Han characters from which a text is Chinese, whatever else it holds
_HAN = re.compile(r"[\u3400-\u9fff]")
_ELLIPTIC = re.compile(
    r"^(?:那么?|还有|以及|而|如果是)?[，,]?\s*(?P<what>[^？?。！]{1,20}?)(?:呢|又如何|怎么样|又怎样)[？?。]?$"
)
_WHY = re.compile(r"^(?:那)?(?P<word>为什么|为何|什么时候|何时|在哪里|怎么)[？?。]?$")
_PRONOUN = re.compile(
    r"(?P<place>那里|那儿|在那边)|(?P<time>当时|那时候?|那一?年)"
    r"|(?P<thing>它们?|他们?|她们?|(?<![极尤与])其(?![他它余中实次])|(?:该|这|那|此)(?:家|个|种|款|台|份|项)?(?:公司|企业|机构|产品|设备|文件|合同|部门|项目|人))"
)
_OPENING = re.compile(
    r"(?:请问|那么?|但是?|所以|还有|为了?|关于|对于?|在|从|由|是|谁|什么时候|何时|为什么|为何|哪些人|[，,\s])*"
)
_TOPIC = re.compile(
    r"^(?:请问|那么?|在|关于|对于)?(?P<topic>[^，,。？?]{1,24}?)(?:的|有(?!限)|是|在|于|为|能|可以|需要|什么|多少|怎么|何时|如何|会|已)"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_CODE = re.compile(r"[A-Za-z][\w-]*\d[\w-]*", re.ASCII)
_LEADING_TIME = re.compile(r"^(?:19|20)\d\d年(?:度)?的?")


def is_chinese(text: str) -> bool:
    """Mostly Han characters, or a particle of questions at the end?"""
    if text.rstrip("？? ").endswith(("呢", "吗")):
        return True
    letters = sum(char.isalpha() for char in text)
    han = len(_HAN.findall(text))
    return han >= _FEW or (letters > 0 and han * 2 > letters)


def understand_chinese(question: str, last: str, answers: Sequence[str]) -> str | None:
    """The question as it stands alone after ``last``; None when it is left as it is."""
    if not is_chinese(last):
        return None
    if bare := _WHY.match(question):
        return f"{bare['word']}：{last}"
    if elliptic := _ELLIPTIC.match(question):
        return _filled(elliptic["what"].strip(), last)
    return _resolved(question, last, answers)


def _filled(what: str, last: str) -> str | None:
    """The fragment in the place of what it is like: a year, a code, else the topic or the thing asked of it."""
    if (new := _YEAR.search(what)) and (old := _YEAR.search(last)):
        return last.replace(old.group(), new.group())
    if _YEAR.search(what):
        return f"{what.removesuffix('年')}年{last}"
    code, coded = _CODE.search(last), _CODE.search(what)
    if code and coded:
        return last.replace(code.group(), coded.group())
    topic, asked = (
        _topic(last),
        re.search(r"的(?P<asked>[^的是有在为，？?]{1,12}?)(?:是|有|在|为|多少|什么|怎么)", last),
    )
    if topic is None:
        return None
    if asked and set(asked["asked"][-1]) & set(what[-1:]) and not set(topic[-1]) & set(what[-1:]):
        return last.replace(asked["asked"], what)
    return last.replace(topic, what, 1)


def _resolved(question: str, last: str, answers: Sequence[str]) -> str | None:
    match = _PRONOUN.search(question)
    if match is None or not _OPENING.fullmatch(question[: match.start()]):
        return None  # further on, a pronoun means what the question itself has said
    if match["time"]:
        found = _YEAR.search(last) or next((year for text in answers[:1] if (year := _YEAR.search(text))), None)
        meant = f"{found.group()}年" if found else None
    else:
        meant = _topic(last)
        meant = f"在{meant}" if meant and match["place"] else meant
    if meant is None:
        return None
    own = "的" if match["thing"] == "其" else ""
    return f"{question[: match.start()]}{meant}{own}{question[match.end() :]}"


def _topic(question: str) -> str | None:
    match = _TOPIC.match(_LEADING_TIME.sub("", question))
    return match["topic"] if match else None
