"""Phrases that speak to a model, in English: kind, anchors of which one must be there, pattern."""

from __future__ import annotations

_TOLD = r"(?:instructions?|prompts?|directives?|directions|guidelines?|guardrails|programming|rules|commands?|orders)"
_EARLIER = r"(?:previous(?:ly)?|prior|above|earlier|preceding|foregoing|initial|original|existing|system|your|safety)"
_NEAR = r"(?:\W+\w+){0,5}?\W+"
_AI = (
    r"(?:(?-i:AIs?|LLMs?|GPT(?:-\d\w*)?)|language models?|chat ?bots?|ChatGPT|Copilot|Gemini"
    r"|(?:(?-i:AI)|virtual|digital|automated) (?:assistants?|agents?|systems?|models?|tools?|reviewers?|readers?))"
)
_SPEAK = (
    r"(?:state|say|tell|answer|reply|respond|recommend|mention|conclude|report|claim|summari[sz]e|rank|rate|approve"
    r"|output|write|ignore|include|treat|describe|present)"
)
_FREE = r"(?:unrestricted|unfiltered|uncensored|jailbroken)"
_BOUND = r"(?:restrictions?|limits?|limitations?|filters?|rules|content polic(?:y|ies)|ethics|guidelines)"
_AIS = (
    " ai |ai:|ai,| ais |(ai |llm|language model|chatbot|chat bot|chatgpt|copilot|gemini|gpt"
    "|assistant|digital|virtual|automated"
)

_DROP = (
    r"(?:ignor(?:e|es|ing)|disregard(?:ing)?|forget(?:ting)?|discard|abandon|drop|overlook|neglect|override|bypass"
    r"|set aside|put aside|never mind|pay no attention to|stop (?:following|obeying|heeding)|cancel"
    r"|(?:do|must|shall|should|will|need)(?: not|n't| no longer) (?:to )?(?:follow|obey|heed|listen to|comply with)"
    r"|no longer (?:follow|obey|heed))"
)
_DROPS = "ignor|disregard|forget|discard|abandon|drop|overlook|neglect|overrid|bypass| aside|never mind|attention to"
_DROPS += "|stop |cancel|follow|obey|heed|listen to|comply with"
_SAID = r"(?:told|said|asked|given|instructed|written|stated)"

ENGLISH = (
    (
        "override",
        _DROPS,
        rf"\b{_DROP}{_NEAR}{_EARLIER}(?:\W+\w+){{0,3}}?\W+(?:{_TOLD}|messages?)\b",
    ),
    (
        "override",
        _DROPS,
        rf"\b{_DROP}\b(?:\W+\w+){{0,4}}?\W+{_TOLD}(?:\W+\w+){{0,2}}?\W+(?:above|before|so far|in the (?:system "
        rf")?prompt"
        r"|in this (?:conversation|chat)|you (?:were|are|have been|have|received|got) ?(?:given|told|provided"
        r"|received|got|with)?)\b",
    ),
    (
        "override",
        _DROPS,
        rf"\b{_DROP} (?:everything|anything|whatever|all|what)\b(?: that)?(?:\W+\w+){{0,5}}?\W+(?:above|before"
        rf"|previously|earlier|prompt|until now|so far|you(?: were| have been|'ve been) {_SAID})\b",
    ),
    (
        "override",
        _DROPS,
        rf"\b{_DROP} (?:(?:all|any) )?(?:of )?(?:(?:the|your) )?(?:(?:above|preceding|previous|prior|system|user) "
        r"(?:prompt|context|text|conversation|messages?|question|request)"
        r"|(?:user|reader)['’]s (?:question|request|query|prompt|message|wish(?:es)?))\b"
        rf"|\b{_DROP} (?:all )?(?:of )?your (?:{_TOLD}|training|context|(?:current|original|previous|actual) "
        r"(?:task|role|job|goal|persona))\b",
    ),
    (
        "override",
        "instruction|prompt|directi",
        r"\b(?:previous|prior|earlier|original|initial|your|system) (?:instructions?|prompts?|directives?"
        r"|directions)\b"
        r"(?:\W+\w+){0,4}?\W+(?:superseded|void|revoked|cancell?ed|replaced|obsolete|overridden|invalid|null)\b",
    ),
    (
        "override",
        "you were |you have been ",
        rf"\b{_TOLD} (?:that )?you (?:were|have been) (?:given|told|provided)(?:\W+\w+){{0,4}}?\W+"
        r"(?:void|invalid|obsolete|over|superseded|cancelled|revoked|no longer)\b",
    ),
    (
        "override",
        "apply to you|applies to you|bind you|binding for you",
        rf"\b{_EARLIER} {_TOLD}\b(?:\W+\w+){{0,3}}?\W+(?:no longer|not|any more)\b(?:\W+\w+){{0,3}}?\W+you\b",
    ),
    (
        "override",
        "your new |your real |your only |your actual |your true |new instructions",
        r"\byour (?:new|real|only|actual|true) (?:task|instructions?|objective|orders?|job|role) (?:is|are)"
        r"(?: now)? (?:to |that of |:)|(?:^|[\n.!?]\s*)new (?:system )?instructions?\s*:",
    ),
    (
        "role",
        "you are |you're |you will be |you shall be ",
        rf"\byou(?: are|'re| will be| shall be) (?:now|from now on|henceforth|no longer)(?:\W+\w+){{0,6}}?\W+"
        rf"(?:{_AI}|assistant|chatbot|{_FREE}|(?-i:DAN)|without (?:any )?{_BOUND}|director|expert|character|hacker"
        r"|in (?:developer|debug|admin|god|jailbreak) mode)\b",
    ),
    (
        "role",
        " on you| on, you| on answer| on, answer| on act| on, act|henceforth|for the rest of|wards you|wards, you"
        "| on, respond| on respond",
        r"\b(?:from (?:now|here|this point) on(?:wards?)?|for the rest of (?:this|the) (?:conversation|chat|session"
        r"|dialogue)|henceforth),? (?:you (?:are|will|must|shall|should)|act|behave|respond|answer|speak)\b",
    ),
    (
        "role",
        "imagine|suppose|assume|let's |chatgpt|you are an|you are a helpful",
        rf"\b(?:imagine|suppose|assume|let['’]s (?:say|pretend|assume))(?: that)? you(?: are|'re|’re) (?:now "
        rf")?(?:an? )?"
        rf"(?:\w+ )?(?:{_AI}|assistant|model|robot)\b|\blet['’]s (?:play a game"
        rf"|role-?play)\b[^.!?\n]{{0,20}}\byou\b"
        rf"|\byou are (?:an? )?(?:(?:helpful|expert|careless|friendly|powerful|large) )?(?:{_AI}|assistant)\b"
        r"(?=[^.!?\n]{0,60}?\b(?:always|never|must|will|that|who|only|without)\b)",
    ),
    (
        "role",
        " as if you| as though you",
        r"\b(?:act|behave|respond|answer|speak|write) as (?:if|though) you (?:had|have|were"
        r"|are)\b(?:\W+\w+){0,4}?\W*"
        rf"\b(?:no|without|not bound|free of|free from|{_FREE}|{_AI})\b",
    ),
    (
        "role",
        "act as|behave as|respond as|answer as",
        rf"\b(?:act|behave|respond|answer) as an? (?:(?:{_FREE}|evil|helpful) )?(?:{_AI}|assistant|pirate"
        rf"|hacker)\b",
    ),
    ("role", "pretend", r"\bpretend (?:to be|that you(?: are|'re)|you(?: are|'re))\b"),
    (
        "role",
        "play the role|role-play|roleplay|take on the",
        r"\byou (?:will|must|shall|should|are to) (?:now )?(?:play the role|role-?play|take on the (?:role"
        r"|persona))\b",
    ),
    (
        "role",
        " mode",
        r"\b(?:enter|enable|activate|switch to|turn on) (?:the )?(?:developer|debug|jailbreak|god|(?-i:DAN)) mode\b"
        r"(?=(?:\W+\w+){0,8}?\W+(?:safety|filters?|restrictions?|guidelines|you|answer|respond)\b)"
        r"|\b(?:jailbreak|(?-i:DAN)|god) mode\b",
    ),
    (
        "role",
        " off ",
        r"\b(?:switch|turn) off (?:your|all|the) (?:safety|content) (?:filters?|rules|guidelines|guardrails)\b",
    ),
    (
        "prompt-leak",
        "prompt|instructions|message|rules",
        r"\b(?:print|reveal|output|show|display|repeat|disclose|leak|recite|quote|give|include|expose|dump|tell"
        r"|write out|what (?:is|are|was|were))\b(?:\W+\w+){0,6}?\W+(?:your|hidden|secret)(?:\W+\w+){0,2}?\W+"
        r"(?:prompts?|(?:system|initial|original|hidden|secret|internal) (?:instructions|messages?|rules))\b"
        r"|\b(?:print|reveal|output|show|disclose|recite)\b(?:\W+\w+){0,2}?\W+(?:hidden|secret|system) "
        r"(?:instructions|prompts?|messages?)\b",
    ),
    (
        "prompt-leak",
        "what are your|what were your|what is your|conversation|chat",
        r"\bwhat (?:are|were|is|was) your (?:(?:system|initial|original|exact|secret) )?(?:instructions"
        r"|(?:system )?prompt)\b"
        r"|\b(?:output|print|repeat|reveal|dump)\b(?:\W+\w+){0,2}?\W+(?:previous|earlier|above|whole|entire|full) "
        r"(?:messages?|conversation|chat)\b",
    ),
    (
        "prompt-leak",
        "you were |you have been ",
        r"\b(?:print|reveal|output|show|display|repeat|disclose|recite|give)\b(?:\W+\w+){0,3}?\W+"
        r"(?:instructions|rules|prompt|text)(?: that)? you (?:were|have been) (?:given|told)\b",
    ),
    (
        "prompt-leak",
        "print |repeat |output |recite |echo ",
        r"\b(?:print|repeat|output|recite|echo)\b(?: back)? (?:everything|all|the (?:text|words|content)) "
        r"(?:that (?:is|was) )?(?:above|before)\b",
    ),
    (
        "dictated-answer",
        "if you are|if you're",
        rf"\bif you(?: are|'re) (?:an? |any )?(?:{_AI}|assistant|machine|model)\b",
    ),
    (
        "dictated-answer",
        _AIS,
        rf"\b(?:any|every|all|each|dear|note (?:to|for)(?: the| any| all)?|attention|message (?:to|for)(?: the| any"
        rf"| all)?) {_AI}\b(?:\W+\w+){{0,6}}?\W+(?:must|should|shall|has to|have to|needs? to|is to|are to|please"
        rf"|will) (?:\w+ )?{_SPEAK}\b",
    ),
    (
        "dictated-answer",
        _AIS,
        rf"\b{_AI}(?: \w+){{0,4}}? (?:must|shall|has to|have to) (?:\w+ )?(?:recommend|approve|accept|ignore"
        rf"|rank|rate"
        rf"|(?:state|say|answer|conclude|report) (?:that|with))\b"
        r"|\b(?:(?-i:LLMs?|GPT)|ChatGPT|language models?|chat ?bots?) (?:should|must|shall|will) (?:\w+ )?"
        rf"{_SPEAK} (?:that|the|this|all|only|with)\b",
    ),
    (
        "dictated-answer",
        _AIS,
        rf"\bif an? {_AI}\b[^.!?\n]{{0,60}}?\b(?:must|shall|should|has to) (?:\w+ )?{_SPEAK}\b",
    ),
    (
        "dictated-answer",
        _AIS + "|model",
        rf"(?:^|[\n(.!?]\s*|<!--\s*)(?:(?:dear|attention|note to|hey|hi|to|for)\W+(?:all |any |every |the )?)?"
        rf"(?:{_AI}|assistants?|models?)(?: \w+){{0,2}}\s*[:,]\s*(?:please |always |never |do not |don't "
        rf")?{_SPEAK}\b",
    ),
    (
        "dictated-answer",
        " to the | for the | to any | for any | to ai| for ai| to llm| for llm| to all | for all ",
        rf"\b(?:note|message|instructions?|hint|reminder) (?:to|for) (?:the |any |all )?(?:{_AI}|assistants?"
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
        r"(?:https?://\S+|[\w.+-]+@[\w-]+\.\w+)",
    ),
)
