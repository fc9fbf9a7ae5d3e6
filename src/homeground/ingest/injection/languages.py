"""The same in German, French, Spanish and Chinese."""

from __future__ import annotations

_DE_TOLD = (
    r"(?:vorherig|bisherig|vorig|früher|obig|vorangegangen|ursprünglich|vorangehend)\w*\W+"
    r"(?:system)?(?:anweisung|vorgabe|instruktion|befehl|regel|aufforderung|prompt|richtlinie)\w*"
)
_ZH_TOLD = "(?:指令|指示|提示词?|命令|规则|規則|要求|设定|設定)"

OTHERS = (
    (
        "override",
        "ignorier|missacht|vergiss|vergessen sie|verwirf",
        rf"\b(?:ignorier(?:e|en|t)|missachte[nt]?|vergiss|vergessen sie|verwirf)\b(?:\W+\w+){{0,4}}?\W+{_DE_TOLD}"
        r"|\bvergiss (?:bitte )?alles\b"
        r"|\b(?:ignorier(?:e|en|t)|missachte[nt]?|vergiss|verwirf)\b(?:\W+\w+){0,4}?\W+(?:anweisung|vorgabe"
        r"|instruktion|regel)\w*"
        r"\W+(?:oben|von oben|zuvor|vorher|davor)\b",
    ),
    (
        "override",
        "ungültig|nicht mehr|aufgehoben|hinfällig|außer kraft",
        rf"\b{_DE_TOLD}\W+(?:\w+\W+){{0,2}}?(?:ungültig|nicht mehr|aufgehoben|hinfällig|außer kraft)\b",
    ),
    (
        "override",
        "befolg|beacht",
        rf"\b(?:befolge|beachte)[nt]?\b(?:\W+\w+){{0,4}}?\W+{_DE_TOLD}(?:\W+\w+){{0,2}}?\W+nicht\b",
    ),
    (
        "override",
        "ignor|oubli|tenez|tiens|abstraction|respect|suis|suivez",
        r"\b(?:ignore[zr]?|oublie[zr]?|ne (?:tenez|tiens) (?:pas|plus) compte|(?:fais|faites) abstraction"
        r"|ne (?:respectez?|respectes|suis|suivez) (?:pas|plus))\b(?:\W+\w+){0,4}?\W+"
        r"(?:instructions|consignes|directives|règles|ordres)\W+(?:\w+\W+)?"
        r"(?:précédent\w*|antérieur\w*|ci-dessus|initial\w*|reçu\w*|donné\w*)|\boublie[zr]? tout ce qu[ei]\b",
    ),
    (
        "override",
        "ignor|olvid|caso |no sig|en cuenta|descart|omit|desestim",
        r"\b(?:ignor[ae]n?|olvid[ae]n?|descart[ae]n?|omit[ae]n?|desestim[ae]n?|haz caso omiso|no (?:hagas|haga"
        r"|hagan) caso|no (?:sigas|siga|tengas en cuenta))"
        r"\b(?:\W+\w+){0,4}?\W+(?:instrucciones|indicaciones|órdenes|reglas|directrices)\W+"
        r"(?:anteriores|previas|de arriba|iniciales|originales|recibidas)|\bolvid[ae] todo lo (?:que|anterior)\b",
    ),
    (
        "override",
        "忽略|无视|無視|忘记|忘記|忘掉|不要理会|不要遵守|不要遵循|抛开",
        r"(?:忽略|无视|無視|忘记|忘記|忘掉|不要理会|不要遵守|不要遵循|抛开)[^。！？\n]{0,12}?"
        rf"(?:(?:之前|以前|上面|上述|以上|先前|前面|此前|所有|系统)[^。！？\n]{{0,10}}?{_ZH_TOLD}|(?:上述|以上|上面)的?(?:内容|文字))",
    ),
    (
        "override",
        "deine |nicht mehr|tes |vos |tus |sus |anterior",
        r"\b(?:vergiss|ignoriere|verwirf|missachte)\b (?:\w+ )?deine (?:anweisung|vorgabe|instruktion|regel)\w*"
        r"|\b(?:anweisung|vorgabe|instruktion|regel)\w* gelten (?:\w+ )?(?:dich|dir) nicht mehr\b"
        r"|\b(?:oublie[zr]?|ignore[zr]?) (?:toutes )?(?:tes|vos) (?:instructions|consignes|directives|règles)\b"
        r"|\b(?:olvid[ae]|ignor[ae]) (?:todas )?(?:tus|sus) (?:instrucciones|reglas)\b"
        r"|\b(?:olvid[ae]|ignor[ae]) (?:todo )?lo anterior\b",
    ),
    (
        "dictated-answer",
        "wenn du|falls du|si tu r|si tu l|si resumes|si lees",
        r"\b(?:wenn|falls) du (?:diese[nsr]?) (?:text|dokument|seite|datei|lebenslauf)\w* (?:zusammenfass|liest"
        r"|bewert"
        r"|auswert|analysier|verarbeit)\w*|\bsi tu (?:résumes|lis|analyses|traites) ce(?:tte)? (?:texte"
        r"|document|page)\b"
        r"|\bsi (?:resumes|lees|analizas|procesas) est[ea] (?:texto|documento|página)\b",
    ),
    (
        "role",
        "du bist|sie sind|ab jetzt|ab sofort",
        r"\b(?:du bist|sie sind) (?:jetzt|nun|ab (?:jetzt|sofort))\b(?:\W+\w+){0,3}?\W+"
        r"(?:assistent|experte|ki\b|chatbot|modell|berater|direktor)\w*"
        r"|\bab (?:jetzt|sofort) (?:bist du|sind sie ein|antwortest du|verhältst du)\b",
    ),
    (
        "role",
        "du bist|du wärst|que tu es|que eres",
        r"\bstell dir vor, du (?:bist|wärst) eine? (?:\w+ )?(?:ki|assistent|chatbot|sprachmodell)\b"
        r"|\btu so, als (?:ob du|wärst du)\b|\bimagine que tu es une? (?:ia|assistant|robot)\b"
        r"|\bimagina que eres una? (?:ia|asistente|robot)\b",
    ),
    (
        "role",
        "tu es|à partir de maintenant|désormais|dorénavant",
        r"\btu es (?:maintenant|désormais|à présent)\b(?:\W+\w+){0,3}?\W+(?:assistant|expert|ia|modèle|robot)\w*"
        r"|\b(?:à partir de maintenant|désormais|dorénavant),? (?:tu|vous) "
        r"(?:es|êtes|joue[sz]|agi[sr]|agissez|répond)\w*",
    ),
    (
        "role",
        "ahora",
        r"\b(?:a partir de ahora|desde ahora|de ahora en adelante),? (?:eres|actúas?|responde\w*|usted es|serás)\b"
        r"|\b(?:ahora eres|eres ahora) una?\b",
    ),
    (
        "role",
        "你|扮演",
        r"(?:^|[。！？\n]|现在|从现在起)请?扮演|(?:现在|現在)你(?:是|扮演|变成)|你(?:现在|現在|从现在起|將|将)(?:是|扮演|变成|作为)|(?:从现在起|从现在开始|從現在起"
        r"|接下来)[，,]?你(?:是|将|要|必须"
        r"|扮演|作为)",
    ),
    (
        "prompt-leak",
        "prompt|anweisung|instruktion|vorgabe",
        r"\b(?:system-?prompt|systemanweisung(?:en)?|(?:ursprünglich|versteckt|geheim)\w* (?:anweisung"
        r"|instruktion)\w*)"
        r"(?:\W+\w+){0,3}?\W+(?:aus|preis|an|offen)\b"
        r"|\bwie lautet dein(?:e)? (?:system-?)?(?:prompt|anweisung)\w*"
        r"|\b(?:zeige?|nenne|verrate|gib|offenbare)\b(?: mir)?(?:\W+\w+){0,3}?\W+(?:dein\w*|versteckt\w*|geheim\w*)"
        r"(?:\W+\w+){0,2}?\W+(?:system-?prompts?|anweisungen|instruktionen|vorgaben)\b",
    ),
    (
        "prompt-leak",
        "prompt|instruc|consignes",
        r"\b(?:affiche|montre|révèle|donne|répète)[zr]?\b(?:[ -]moi)?(?:\W+\w+){0,3}?\W+"
        r"(?:prompt|(?:tes|vos) (?:instructions|consignes))\b"
        r"|\b(?:mu[eé]stra(?:me)?|revela(?:me)?|imprime|repite|dime)\b(?:\W+\w+){0,4}?\W+"
        r"(?:(?:tu|su|el) prompt|(?:tus|sus) instrucciones)\b",
    ),
    (
        "prompt-leak",
        "提示|指令",
        r"(?:输出|輸出|显示|顯示|打印|透露|告诉我|重复|泄露|公开)[^。！？\n]{0,6}?你[^。！？\n]{0,6}?"
        r"(?:系统提示词?|系統提示詞?|提示词|初始指令|隐藏指令|系统指令)"
        r"|你的?(?:系统|初始|隐藏)?(?:提示词?|指令)[^。！？\n]{0,4}(?:告诉我|输出|写出来|给我|打印)",
    ),
    (
        "dictated-answer",
        "nutzer|anwender|user|ki |sprachmodell|chatbot|assistent|intelligenz",
        r"\b(?:wenn|falls|sobald|sofern)\b[^.!?\n]{0,60}?\b(?:benutzer|nutzer|anwender|user)\b[^.!?\n]{0,60}?"
        r"\b(?:antworte|sage?|behaupte|erkläre|nenne)\b"
        r"|\b(?:falls|wenn|sofern) (?:du|sie) (?:eine? )?(?:ki|sprachmodell|chatbot|assistent"
        r"|künstliche intelligenz)\b",
    ),
    (
        "dictated-answer",
        "antworte|nutzer|anwender|leser|user",
        r"\bsage? (?:dem|der|den) (?:nutzer|benutzer|anwender|leser|user)\w*,? dass\b|\b(?:antworte|antwortet"
        r"|antworten sie) (?:\w+ ){0,3}?(?:nur|ausschließlich|immer|stets|lediglich) mit\b",
    ),
    (
        "dictated-answer",
        "utilisateur|usager|si tu es|si vous êtes|répond",
        r"\bsi (?:l['’]utilisateur|l['’]usager|un utilisateur)\b[^.!?\n]{0,60}?\b(?:répond\w*|di[st]\w*"
        r"|affirme\w*)\b"
        r"|\b(?:si tu es|si vous êtes) (?:une? )?(?:ia|intelligence artificielle|modèle de langage|assistant"
        r"|robot)\b"
        r"|\bdi(?:s|tes) à l['’](?:utilisateur|usager)\b|\brépond(?:s|ez) (?:\w+ ){0,2}?(?:uniquement|seulement"
        r"|exclusivement|toujours) (?:par|avec)\b",
    ),
    (
        "dictated-answer",
        "usuario|si eres|si usted|responde",
        r"\b(?:si|cuando) el usuario\b[^.!?\n]{0,60}?\b(?:responde|contesta|di)\b"
        r"|\bsi (?:eres|usted es) (?:una? )?(?:ia|inteligencia artificial|modelo de lenguaje|asistente|chatbot)\b"
        r"|\bdi(?:le)? al usuario\b|\bresponde (?:\w+ ){0,2}?(?:únicamente|solo|sólo|solamente|exclusivamente"
        r"|siempre) con\b",
    ),
    (
        "dictated-answer",
        "用户|你是|回答|回复|输出",
        r"告诉(?:用户|读者|提问者)|(?:当|如果|每当|若)用户(?:询问|提问|问到|问)[^。！？\n]{0,20}?(?:回答|回复|答复|说)"
        r"|(?:如果|若|假如)你是(?:一个)?(?:人工智能|AI|语言模型|大模型|机器人|助手)"
        r"|(?:只|仅|必须)(?:能|要|需)?(?:回答|回复|输出)[“\"「『]",
    ),
)
