"""Which language a comment is in, and whether that is sure enough to act on it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from classifiers.texts.text import plain, words

_CODES = "ar cs da de el en es fi fr he hi hu id it ja ko nl no pl pt ro ru sv th tr uk vi zh"
LANGUAGES = tuple(sorted([*_CODES.split(), "tl"]))
UNKNOWN = "und"
LANGUAGE_SURE = 0.7
GUESSABLE_WORDS = 6
SHORT_TEXT_SURE = 0.97
"""Below six words the detector guesses from too little; only near certainty counts against English
then."""
LANGUAGE_CERTAIN = 0.95
"""No text of which the detector is that sure is looked at for English between words with
accents."""
LANGUAGE_CHARACTERS = 1_000
ENGLISH_ASCII_SHARE = 0.9
"""Share of ASCII letters from which a doubtful text counts as English: a "café menu" is."""
_EVERYDAY_WORDS = {
    "de": """
        aber absturz abstürzt anmelden bitte crasht danke das dass der ein eine fehler funktioniert
        geht gibt hilfe ich immer ist kann kein keine mehr meine nach nicht schön sehr seit stürzt
        und warum wenn wird wäre
    """,
    "es": """
        abre ahora aplicación aplicacion bueno cerrar cierra como cuando el está esta excelente
        favor funciona hola la gracias los mucho muy nada pero por porque puedo que quiero se
        siempre una
    """,
    "pt": """
        abre aplicativo boa celular excelente fecha funciona mais muito nao não obrigada obrigado
        ola olá otimo ótimo por porque quando que sozinho uma você voce
    """,
    "fr": """
        appli avec bonjour c'est ce depuis des du et fonctionne je la le les marche merci mise ne
        pas plante pour quand sur très une vous
    """,
    "it": """
        apro bella bello che chiude funziona grazie il la molto non ottima ottimo per perché quando
        sempre si una
    """,
    "nl": """
        bedankt deze een geen goed graag het ik kapot komt mijn niet ook steeds vastloopt waarom
        wanneer werkt wordt
    """,
    "pl": """
        aplikacja bardzo czas działa dzięki dziękuję jest nie proszę się
    """,
    "sv": """
        appen det fungerar funkar hjälp inte jag kraschar när tack varför
    """,
    "id": """
        aplikasi bagus bisa kasih masuk rusak saya terima tidak tolong
    """,
    "tr": """
        açılmıyor bu çalışmıyor çok güzel neden teşekkürler uygulama yok
    """,
}
_ROMANISED_TEXT = {
    "hi": """
        aap aata accha acha achha aur badhiya bahut bakwas bekar bhai bhaiya bohot bolo chahiye gaya
        gayi hai hain hua hoon isme jab jaldi kaam kab kaise kar karo karna karta karte karu khul
        koi krdo krna kuch kya kyu kyun liye mein mera mere meri mujhe nahi nahin nhi paisa paise
        pehle raha rahe rahi rha rhi sab sahi tha thik wala wapas yaar yeh
    """,
    "tl": """
        ako akong ang ano ayaw ayos bakit bagal dapat ganda gumagana hirap ito kaso kayo lagi laging
        lng maganda mga naman natin ng ninyo nyo nung paano pag paki palagi pangit po pwede salamat
        sana sobrang talaga walang wala yun yung
    """,
}
"""Words of languages that the detector knows in another script, or not at all, as they are typed in
Latin letters."""
_WORDS_BY_LANGUAGE = {code: frozenset(text.split()) for code, text in _EVERYDAY_WORDS.items()}
_ROMANISED_WORDS = {code: frozenset(text.split()) for code, text in _ROMANISED_TEXT.items()}
_ENGLISH_WORDS = """
an and are be but can do for has have i in is it my no not of on please so that the this to was we
when with you
"""
_ENGLISH_SET = frozenset(_ENGLISH_WORDS.split())
_SHARED_WORDS = """
android app apps bug crash crashes dark email feedback google ios link login mode no ok online pdf
plugin server update
"""
_INTERNATIONAL_SET = frozenset(_SHARED_WORDS.split())
_NOT_PROSE = re.compile(r"`[^`\n]*`|(?:https?://|www\.)\S+|[@#/]\S+|\S*[\d_\\/]\S*")


def detect(text: str) -> tuple[str, float]:
    """ISO 639-1 code and confidence (0..1); ``und`` where nothing tells it or the doubt is large.

    Restricted to the languages above, with normalised probabilities (py3langid). A short or
    uncertain text in plain Latin letters counts as English: that is what "lol" and "app crash" are
    in the channels we read; unless most of its words are everyday words of another language ("no
    funciona"). So does one that is English but for words with accents ("pls add español"). Hindi
    and Tagalog in Latin letters are told by their everyday words alone. What is no prose at all,
    code for one, has no language: ``und`` with confidence 0.
    """
    prose = _NOT_PROSE.sub(" ", plain(text[: LANGUAGE_CHARACTERS * 4]))
    prose = prose[:LANGUAGE_CHARACTERS].strip()
    letters = [character for character in prose if character.isalpha()]
    if not letters:
        return UNKNOWN, 0.0
    language, confidence = _identifier().classify(prose)
    if romanised := _romanised(prose):
        return romanised, 0.5
    ascii_share = sum(character.isascii() for character in letters) / len(letters)
    sure_from = LANGUAGE_SURE
    if len(words(prose)) < GUESSABLE_WORDS and ascii_share > 0.99:
        sure_from = SHORT_TEXT_SURE
    if language != "en" and confidence < LANGUAGE_CERTAIN and _english_beside_accents(prose):
        return "en", 0.5
    if language == "en" or confidence >= sure_from:
        return str(language), round(float(confidence), 4)
    if told_language := _told_by_words(prose):
        return told_language, 0.5
    if ascii_share >= ENGLISH_ASCII_SHARE:
        return "en", 0.5
    return UNKNOWN, round(float(confidence), 4)


def _told_by_words(prose: str) -> str:
    """The language that half of the telling words of a short text belong to, if any."""
    telling_words = _telling_words(prose[:200])
    count = len(telling_words)
    if not 0 < count <= GUESSABLE_WORDS:
        return ""
    if len(_ENGLISH_SET.intersection(telling_words)) * 2 >= count:
        return ""
    language, matches = _most_matches(telling_words, _WORDS_BY_LANGUAGE)
    if matches * 2 < count:
        return ""
    return language


def _romanised(prose: str) -> str:
    """The language of which a third of the words tell, and at least two different ones, if any."""
    telling_words = _telling_words(prose[:400])
    language, matches = _most_matches(telling_words, _ROMANISED_WORDS)
    if matches * 3 < len(telling_words):
        return ""
    if len(_ROMANISED_WORDS[language].intersection(telling_words)) < 2:
        return ""
    return language


def _telling_words(text: str) -> list[str]:
    return [word for word in words(text) if word not in _INTERNATIONAL_SET]


def _most_matches(
    telling_words: Sequence[str], words_by_language: Mapping[str, frozenset[str]]
) -> tuple[str, int]:
    """The language that knows most of the words (the first one of equals), and how many."""
    matches = {
        language: sum(word in everyday_words for word in telling_words)
        for language, everyday_words in words_by_language.items()
    }
    language = max(matches, key=lambda code: matches[code])
    return language, matches[language]


def _english_beside_accents(prose: str) -> bool:
    """Whether the words in plain letters, two or more, are English and tell of nothing else."""
    prose_words = words(prose)
    plain_words = [word for word in prose_words if word.isascii()]
    if len(plain_words) < 2 or len(plain_words) == len(prose_words):
        return False
    if any(
        everyday_words.intersection(plain_words) for everyday_words in _WORDS_BY_LANGUAGE.values()
    ):
        return False
    return str(_identifier().classify(" ".join(plain_words))[0]) == "en"


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    whole = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    whole.set_languages(_CODES.split())
    # It would keep the weights of 142 languages to go back to: 27 MiB that are never read.
    return LanguageIdentifier(
        whole.nb_ptc,
        whole.nb_pc,
        whole.nb_classes,
        whole.tk_nextmove,
        whole.tk_output,
        norm_probs=True,
        tk_row=whole.tk_row,
    )
