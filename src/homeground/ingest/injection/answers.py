"""Phrases that dictate what an answer says or where it goes, in English: kind, anchors, pattern."""

from __future__ import annotations

from homeground.ingest.injection.english import AI

_SPEAK = (
    r"(?:state|say|tell|answer|reply|respond|recommend|mention|conclude|report|claim|summari[sz]e|rank|rate|approve"
    r"|output|write|ignore|include|treat|describe|present|accept|praise|choose|select|prefer|promote|assume"
    r"|obey|trust)"
)
_AIS = (
    " ai |ai:|ai,| ais |(ai |llm|language model|chatbot|chat bot|chatgpt|copilot|gemini|gpt"
    "|assistant|digital|virtual|automated"
)

ANSWERS = (
    (
        "dictated-answer",
        "asked|always ",
        r"\bwhen(?:ever)? (?:you(?: are|'re) )?asked\b[^.!?\n]{0,60}?,? (?:always |only )?(?:reply|respond"
        r"|answer|claim)\b"
        r"(?= that| with|:| [\"“'‘])|\balways (?:reply|respond|answer|claim) (?:that|with [\"“'‘])",
    ),
    (
        "dictated-answer",
        " this text| this document| this page| this file| this cv| this r| this e| this paper",
        r"\b(?:if|when|while|before) (?:you(?: are)? )?(?:summari[sz]|evaluat|analy[sz]|process|pars|translat|scor)"
        r"(?:e|es|ing|ed)? this (?:text|document|page|file|cv|r[ée]sum[ée]|e-?mail|paper)\b",
    ),
    (
        "dictated-answer",
        "if you are|if you're",
        rf"\bif you(?: are|'re) (?:an? |any )?(?:\w+ ){{0,2}}?(?:{AI}|assistant|machine|model)\b",
    ),
    (
        "dictated-answer",
        _AIS,
        rf"\b(?:any|every|all|each|dear|note (?:to|for)(?: the| any| all)?|attention|message (?:to|for)(?: the| any"
        rf"| all)?) {AI}\b(?:\W+\w+){{0,6}}?\W+(?:must|should|shall|has to|have to|needs? to|is to|are to|please"
        rf"|will) (?:\w+ )?{_SPEAK}\b",
    ),
    (
        "dictated-answer",
        _AIS,
        rf"\b{AI}(?: \w+){{0,4}}? (?:must|shall|has to|have to) (?:\w+ )?(?:recommend|approve|accept|ignore"
        rf"|rank|rate"
        rf"|(?:state|say|answer|conclude|report) (?:that|with))\b"
        r"|\b(?:(?-i:LLMs?|GPT)|ChatGPT|language models?|chat ?bots?) (?:should|must|shall|will) (?:\w+ )?"
        rf"{_SPEAK} (?:that|the|this|all|only|with)\b",
    ),
    (
        "dictated-answer",
        _AIS,
        rf"\bif an? {AI}\b[^.!?\n]{{0,60}}?\b(?:must|shall|should|has to) (?:\w+ )?{_SPEAK}\b",
    ),
    (
        "dictated-answer",
        _AIS + "|model",
        rf"(?:^|[\n(.!?]\s*|<!--\s*)(?:(?:dear|attention|note to|hey|hi|to|for)\W+(?:all |any |every |the )?)?"
        rf"(?:{AI}|assistants?|models?)(?: \w+){{0,2}}\s*[:,]\s*(?:please |always |never |do not |don't "
        rf")?{_SPEAK}\b",
    ),
    (
        "dictated-answer",
        " to the | for the | to any | for any | to ai| for ai| to llm| for llm| to all | for all ",
        rf"\b(?:note|message|instructions?|hint|reminder) (?:to|for) (?:the |any |all )?(?:{AI}|assistants?"
        rf"|models?)"
        r"\s*[:—-]",
    ),
    (
        "dictated-answer",
        "answer",
        r"\banswer to (?:any|every|all|each) (?:of the )?questions?\b[^.!?\n]{0,40}?\b(?:is|are|must|should"
        r"|shall)\b",
    ),
    (
        "dictated-answer",
        "only |always |every",
        r"\b(?:only|always) (?:answer|reply|respond|say) [\"'“‘]|\b(?:answer|reply|respond) "
        r"[\"'“‘][^\"'”’\n]{1,60}[\"'”’] "
        r"to (?:any|every|all)\b",
    ),
    (
        "dictated-answer",
        "the user|the reader|the human|the person",
        r"\b(?:tell|inform|convince|advise|mislead) the (?:user|reader|human|person (?:who|that) asks)s? "
        r"(?:that|to|about|not)\b",
    ),
    (
        "dictated-answer",
        "asks|inquires|wants to know",
        r"\bwhen(?:ever)? (?:the|a|any) (?:user|reader|human|person) (?:asks|inquires|wants to "
        r"know)\b[^.!?\n]{0,80}?"
        r"[:,] ?(?:you (?:must|should|will) )?(?:always |only )?(?:say|answer|reply|respond|tell|claim|state)\b",
    ),
    (
        "dictated-answer",
        "only with|with only|exclusively with|with exactly|with nothing but|with the ",
        r"(?:^|[\n.!?:,;(\"“]\s*)(?:please |always |you must |you should )?(?:answer|reply|respond) (?:\w+ ){0,4}?"
        r"(?:only with|with only|exclusively with|with exactly|with nothing but"
        r"|with the (?:exact )?(?:word|words|phrase|sentence|text))\b",
    ),
    (
        "dictated-answer",
        "whatever",
        r"\bwhatever (?:the (?:question|prompt|user)\b|(?:is|was) asked|you(?: are|'re) asked)[^.!?\n]{0,40}?"
        r"(?:answer|reply|respond|say)\b",
    ),
    (
        "dictated-answer",
        "your answer|your response|your reply|your summary|your output",
        r"\b(?:in|from) your (?:answer|response|reply|summary|output)s?,? (?:do not|don't|never|omit|leave out"
        r"|you must not)\b|\byour (?:final )?(?:answer|response|output) (?:must|should|shall) (?:always |only )?"
        r"(?:be|say|contain|begin|start|end|state)\b(?=[^.!?\n]{0,60}?(?:[\"“'‘\d]|\bthat\b|\bonly\b|\bexactly\b))",
    ),
    (
        "dictated-answer",
        "do not |don't ",
        r"\bdo(?: not|n't) (?:mention|reveal|disclose|tell)\b[^.!?\n]{0,40}? (?:to the user"
        r"|this (?:instruction|comment|note|message|prompt))\b",
    ),
    (
        "exfiltration",
        "](http|](https",
        r"!\[[^\]\n]*\]\(\s*https?://[^)\s]*[?&][\w-]+=[^)\s]*"
        r"(?:\{|\[|%7B|[A-Z]{3,}_|chat|conversation|secret|history)[^)\n]*\)",
    ),
    ("exfiltration", "http", r"https?://[^\s)]*\?[\w-]+=[\[{<][^\s\]}>][^\]}>\n]{2,60}[\]}>]"),
    (
        "exfiltration",
        "http|@",
        r"\b(?:send|post|upload|forward|transmit|email|leak|exfiltrate)\b(?:\W+\w+){0,2}?\W+(?:contents?|everything"
        r"|conversation|chat|history|documents?|passages?|context|answers?|prompts?)\b[^.!?\n]{0,40}?\b(?:to|at)\s+"
        r"(?:https?://\S+|[\w.+-]+@[\w-]+\.\w+)"
        r"|\b(?:send|post|upload|forward|transmit|leak)\b(?:\W+\w+){0,4}?\W+(?:users?|contents?|conversation"
        r"|chat|answers?)\b"
        r"[^.!?\n]{0,40}?\bto\s+https?://\S+",
    ),
)
