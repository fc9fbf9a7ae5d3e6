"""Phrases that speak to a model, in English: kind, anchors of which one must be there, pattern."""

from __future__ import annotations

_TOLD = r"(?:instructions?|prompts?|directives?|directions|guidelines?|guardrails|programming|rules|commands?|orders)"
_EARLIER = r"(?:previous(?:ly)?|prior|above|earlier|preceding|foregoing|initial|original|existing|system|your|safety)"
_NEAR = r"(?:\W+\w+){0,5}?\W+"
AI = (
    r"(?:(?-i:AIs?|LLMs?|GPT(?:-\d\w*)?)|language models?|chat ?bots?|ChatGPT|Copilot|Gemini"
    r"|(?:(?-i:AI)|virtual|digital|automated) (?:assistants?|agents?|systems?|models?|tools?|reviewers?|readers?))"
)
_FREE = r"(?:unrestricted|unfiltered|uncensored|jailbroken)"
_BOUND = r"(?:restrictions?|limits?|limitations?|filters?|rules|content polic(?:y|ies)|ethics|guidelines)"

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
        "override",
        "obey|follow|heed|your memory|instructions|prompt",
        r"\b(?:stop (?:obeying|following|heeding)|(?:do not|don't|never) (?:obey|follow|heed)) "
        r"(?:whatever|everything|anything|all that)\b|\b(?:erase|clear|wipe|reset) your (?:memory|context"
        r"|instructions)\b"
        r"|\b(?:instructions|prompts?) (?:above|before (?:this|that)|prior to this)[^.!?\n]{0,30}?\b(?:was|were"
        r"|is|are) "
        r"(?:only|just|no longer|void|fake|a test|wrong|obsolete|cancelled)\b",
    ),
    (
        "role",
        "you are |you're |you will be |you shall be ",
        rf"\byou(?: are|'re| will be| shall be) (?:now|from now on|henceforth|no longer)(?:\W+\w+){{0,6}}?\W+"
        rf"(?:{AI}|assistant|chatbot|{_FREE}|(?-i:DAN)|without (?:any )?{_BOUND}|director|expert|character|hacker"
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
        rf"(?:\w+ )?(?:{AI}|assistant|model|robot)\b|\blet['’]s (?:play a game"
        rf"|role-?play)\b[^.!?\n]{{0,20}}\byou\b"
        rf"|\byou are (?:an? )?(?:(?:helpful|expert|careless|friendly|powerful|large) )?(?:{AI}|assistant)\b"
        r"(?=[^.!?\n]{0,60}?\b(?:always|never|must|will|that|who|only|without)\b)",
    ),
    (
        "role",
        " as if you| as though you",
        r"\b(?:act|behave|respond|answer|speak|write) as (?:if|though) you (?:had|have|were"
        r"|are)\b(?:\W+\w+){0,4}?\W*"
        rf"\b(?:no|without|not bound|free of|free from|{_FREE}|{AI})\b",
    ),
    (
        "role",
        "act as|behave as|respond as|answer as",
        rf"\b(?:act|behave|respond|answer) as an? (?:(?:{_FREE}|evil|helpful) )?(?:{AI}|assistant|pirate"
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
        r"(?:instructions|rules|prompt|text)(?: that)? you (?:were|have been) (?:given|told)\b"
        r"|\b(?:list|name|state|enumerate|tell me)\b(?:\W+\w+){0,2}?\W+(?:instructions|rules)(?: that)? you "
        r"(?:were|have been) "
        r"(?:given|told)\b",
    ),
    (
        "prompt-leak",
        "print |repeat |output |recite |echo ",
        r"\b(?:print|repeat|output|recite|echo)\b(?: back)? (?:everything|all|the (?:text|words|content)) "
        r"(?:that (?:is|was) )?(?:above|before)\b",
    ),
)
