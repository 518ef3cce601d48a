"""The language of comments: short ones, mixed ones, and what is typed in letters of another
language."""

from __future__ import annotations

import pytest

from classifiers.kinds.enrich import DefaultEnricher
from classifiers.texts import language as language_room
from classifiers.texts.language import LANGUAGES, detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The application closes whenever I open the camera", "en"),
        ("lol", "en"),
        ("app crash", "en"),
        ("der Absturz passiert immer beim Start der Anwendung", "de"),
        ("la aplicación se cierra sola cuando abro la cámara", "es"),
        ("Приложение падает при запуске", "ru"),
        ("アプリが落ちる", "ja"),
        ("no funciona", "es"),
        ("merci", "fr"),
        ("la app se cierra", "es"),
        ("die app die immer crasht", "de"),
        ("café menu broken", "en"),
        ("MIT license missing", "en"),
        ("NullPointerException", "en"),
        ("`KeyError: 'x'`", "und"),
        ("Hallo zusammen, since the last update the app crashes when I open the settings", "en"),
        (
            "Seit dem letzten Update stürzt die App beim Öffnen der Einstellungen ab: connection "
            "refused",
            "de",
        ),
        ("+1", "und"),
        ("😂😂", "und"),
        ("", "und"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert detect(text)[0] == language


@pytest.mark.parametrize(
    "text",
    [
        "pls add español",
        "Please add Español and Português",
        "naïve façade café render as boxes",
        "the über mode is great",
        "résumé upload fails",
        "São Paulo is missing from the list",
        "when I type ñ it shows boxes",
    ],
)
def test_foreign_words_do_not_make_english_foreign(text: str) -> None:
    assert detect(text)[0] == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("App stürzt ständig ab beim login", "de"),
        ("Update führt zu crash", "de"),
        ("plante à chaque démarrage", "fr"),
        ("problème de login avec google", "fr"),
        ("muy útil", "es"),
        ("não abre mais", "pt"),
        ("çok güzel bir uygulama", "tr"),
        ("kan inte öppna appen", "sv"),
    ],
)
def test_words_with_accents_still_tell_a_language(text: str, language: str) -> None:
    assert detect(text)[0] == language


@pytest.mark.parametrize(
    "text",
    [
        "bhai app open nahi ho raha",
        "ye app kaam nahi kar raha hai",
        "bahut accha app hai",
        "mera account band ho gaya",
        "login nahi ho pa raha hai please help",
        "update ke baad app crash ho raha hai",
        "mujhe OTP nahi mil raha",
        "achha hai",
    ],
)
def test_hindi_in_latin_letters(text: str) -> None:
    assert detect(text)[0] == "hi"


@pytest.mark.parametrize(
    "text",
    [
        "hindi gumagana ang app",
        "ayaw mag open ng app",
        "ang ganda ng app na ito",
        "bakit hindi ako maka login",
        "paki ayos naman po",
        "sobrang bagal ng app",
        "salamat po",
    ],
)
def test_tagalog(text: str) -> None:
    assert detect(text)[0] == "tl"
    assert "tl" in LANGUAGES


@pytest.mark.parametrize(
    "text",
    [
        "Add Hindi language please",
        "Hindi lang pack is missing",
        "the hindi po file is broken",
        "nice work bhai",
        "bhai please fix the login issue",
        "songs by Ang Lee do not play",
        "the app na work",
        "Hai Phong is missing from the map of Karo county",
    ],
)
def test_one_such_word_is_no_language(text: str) -> None:
    assert detect(text)[0] == "en"


def test_what_is_typed_in_latin_letters_is_marked_not_guessed(enricher: DefaultEnricher) -> None:
    found = enricher.enrich(["bhai app open nahi ho raha", "ayaw mag open ng app"])
    assert [each.reason for each in found] == ["unsupported_language"] * 2


def test_the_detector_keeps_the_weights_of_these_languages_alone() -> None:
    detector = language_room._identifier()
    detector.set_languages()  # all that it has
    assert set(detector.labels) <= set(LANGUAGES)
