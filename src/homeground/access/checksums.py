"""Check digits of account, card and identity numbers: what makes a row of digits more than a row of digits."""

from __future__ import annotations

from collections import Counter

# ISO 13616: how long an account number is in each country.
_IBAN = {
    country: int(length)
    for length, countries in (
        line.split(": ")
        for line in """
15: NO
16: BE
18: DK FI FO GL NL FK SD
19: MK SI
20: AT BA EE KZ LT LU XK MN
21: CH HR LI LV
22: BG BH CR DE GB GE IE ME RS VA
23: AE GI IL IQ OM SO TL
24: AD CZ ES MD PK RO SA SE SK TN VG
25: LY PT ST
26: IS TR
27: BI DJ FR GR IT MC MR SM
28: AL AZ BY CY DO GT HU LB NI PL SV
29: BR EG PS QA UA
30: JO KW MU YE
31: MT SC
33: RU
""".strip().splitlines()
    )
    for country in countries.split()
}
# Beginnings and lengths that card networks use.
_CARDS: tuple[tuple[range, frozenset[int]], ...] = (
    (range(4000, 5000), frozenset({16, 19})),
    (range(5100, 5600), frozenset({16})),
    (range(2221, 2721), frozenset({16})),
    (range(3400, 3500), frozenset({15})),
    (range(3700, 3800), frozenset({15})),
    (range(3000, 3060), frozenset({14})),
    (range(3600, 3700), frozenset({14})),
    (range(3800, 4000), frozenset({14})),
    (range(3528, 3590), frozenset(range(16, 20))),
    (range(5000, 5100), frozenset(range(12, 20))),
    (range(5600, 7000), frozenset(range(12, 20))),
)
_SPANISH = "TRWAGMYFPDXBNJZSQVHLCKE"
_CHINESE = "10X98765432"
_ITALIAN_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def iban_length(country: str) -> int:
    """How many characters an account number of this country has; 0 for none."""
    return _IBAN.get(country.upper(), 0)


def iban(text: str) -> bool:
    """An account number without blanks (ISO 13616, ISO 7064 mod 97-10)."""
    turned = text[4:] + text[:4]
    digits = "".join(str(int(char, 36)) for char in turned.upper())
    return len(text) == iban_length(text[:2]) and int(digits) % 97 == 1


def card(digits: str) -> bool:
    """A payment card: a network's beginning and length, and the Luhn check."""
    known = any(int(digits[:4]) in start and len(digits) in lengths for start, lengths in _CARDS)
    return known and luhn(digits)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1."""
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


def spanish(text: str) -> bool:
    """DNI or NIE: eight digits (or X, Y, Z and seven) and a letter."""
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and len(number) == 8 and text[-1] == _SPANISH[int(number) % 23]


def french(text: str) -> bool:
    """NIR: thirteen characters and a key of two digits."""
    number = text[:13].replace("2A", "19", 1).replace("2B", "18", 1)
    return number.isdigit() and int(text[13:]) == 97 - int(number) % 97


def italian(text: str) -> bool:
    """Codice fiscale: the sixteenth character checks the others."""
    places = [int(char) if char.isdigit() else ord(char) - ord("A") for char in text[:15]]
    total = sum(_ITALIAN_ODD[place] for place in places[::2]) + sum(places[1::2])
    return chr(ord("A") + total % 26) == text[15]


def swiss(digits: str) -> bool:
    """AHV number: thirteen digits from 756, with an EAN-13 check digit."""
    total = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits[:12]))
    return (10 - total % 10) % 10 == int(digits[12])


def german(digits: str) -> bool:
    """Tax number: one digit of the first ten comes twice or three times (ISO 7064 mod 11,10)."""
    repeated = sorted(count for count in Counter(digits[:10]).values() if count > 1)
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return repeated in ([2], [3]) and (11 - product) % 10 == int(digits[10])


def chinese(text: str) -> bool:
    """Identity number: seventeen digits and a check character (ISO 7064 mod 11-2)."""
    total = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(text[:17]))
    return _CHINESE[total % 11] == text[17].upper()
