"""Words of which a comment means one: two comments on the same matter that name different ones do
not say the same.

A likeness is topical: *export to CSV* and *import from CSV* have nearly everything in common. The
lists are short and hold what is seldom said in passing. Some opposites are left out on purpose,
because the same complaint is told from either end: open and close, add and remove, show and hide,
lock and unlock, sent and received, log in and log out, before and after, online and offline,
encrypt and decrypt, big and small. So are troubles, late and twice for one, which are said in
passing of each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from classifiers.contract import Kind, Member
from classifiers.texts.phrases import stem
from classifiers.texts.text import words

HEAD = 160
READ = 1_500
"""A comment is about what its first ``HEAD`` characters name; what it names up to here it has at
least thought of."""

Choice = Mapping[str, str]
"""What can be meant, each with what it is called, up to three words. A word that leaves it open
stands with everything it may mean."""

PLACES: Mapping[str, Choice] = {
    "platform": {
        "iOS": "ios, iphone, ipad, ipados",
        "Android": "android",
        "Windows": "windows, desktop, pc",
        "macOS": "macos, mac, macbook, desktop",
        "Linux": "linux, ubuntu, fedora, debian, desktop, pc",
        "web": "web, browser, website, firefox, chrome, safari",
        "television": "tv, chromecast, roku",
        "car": "carplay, android auto",
        "watch": "apple watch, watchos, smartwatch, wear os, wearos, galaxy watch, garmin, fitbit",
        "program": "api, cli, command line",
    },
    "language": {
        one: one
        for one in (
            "arabic", "chinese", "czech", "dutch", "french", "german", "hebrew", "hindi", "italian", "japanese",
            "korean", "polish", "portuguese", "russian", "spanish", "swedish", "turkish", "ukrainian",
        )
    },
}  # fmt: skip
"""Where a bug was met, but what a request is for. English is left out: it is what everybody has."""

NAMES: Mapping[str, Choice] = {
    "watch": {
        "Apple Watch": "apple watch, watchos",
        "Wear OS": "wear os, wearos, galaxy watch, pixel watch",
        "Garmin": "garmin",
        "Fitbit": "fitbit",
    },
    "format": {
        "PDF": "pdf, pdfs", "CSV": "csv, csvs", "Excel": "excel, xlsx, xls", "Word": "docx", "JSON": "json",
        "XML": "xml", "HTML": "html", "Markdown": "markdown", "iCalendar": "ics", "EPUB": "epub", "ZIP": "zip",
        "PNG": "png, pngs", "JPEG": "jpg, jpgs, jpeg, jpegs", "SVG": "svg, svgs", "GIF": "gif, gifs", "HEIC": "heic",
        "MP3": "mp3", "WAV": "wav", "FLAC": "flac", "MP4": "mp4",
    },
    "service": {
        "Google Calendar": "google calendar, gcal", "Apple Calendar": "apple calendar, ical", "Outlook": "outlook",
        "Slack": "slack", "Teams": "microsoft teams, ms teams, teams integration", "Discord": "discord",
        "Telegram": "telegram", "WhatsApp": "whatsapp", "Jira": "jira", "Trello": "trello", "Asana": "asana",
        "Todoist": "todoist", "Notion": "notion", "Evernote": "evernote", "OneNote": "onenote", "Obsidian": "obsidian",
        "GitHub": "github", "GitLab": "gitlab", "Bitbucket": "bitbucket", "Zapier": "zapier", "HubSpot": "hubspot",
        "Salesforce": "salesforce", "Zendesk": "zendesk", "Figma": "figma", "Google Drive": "google drive",
        "Dropbox": "dropbox", "OneDrive": "onedrive", "iCloud": "icloud", "Siri": "siri", "Alexa": "alexa",
        "Google Assistant": "google assistant", "PayPal": "paypal", "Apple Pay": "apple pay",
        "Google Pay": "google pay", "Klarna": "klarna", "Spotify": "spotify", "Apple Music": "apple music",
        "YouTube": "youtube", "Facebook": "facebook", "Instagram": "instagram", "Twitter": "twitter",
        "TikTok": "tiktok", "LinkedIn": "linkedin", "Strava": "strava", "Apple Health": "apple health, healthkit",
        "Google Fit": "google fit, health connect", "Google account": "in with google, google login, google account",
        "Apple account": "in with apple, apple login, apple id",
    },
    "rhythm": {
        "hour": "hourly", "day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly",
        "year": "yearly, annual, annually",
    },
    "order": {
        "date": "by date", "name": "by name, alphabetical, alphabetically", "size": "by size", "price": "by price",
        "amount": "by amount", "rating": "by rating", "priority": "by priority", "distance": "by distance",
    },
    "look": {"colour": "colour, colours, color, colors", "size": "size, sizes"},
}  # fmt: skip
"""What a comment is about, whatever its kind."""

OPPOSITES: Sequence[tuple[str, str]] = (
    ("import", "export"),
    ("upload", "download"),
    ("enable, turn on, switch on", "disable, turn off, switch off"),
    ("increase, raise", "decrease, reduce, lower"),
    ("undo", "redo"),
    ("light mode, light theme", "dark, night mode"),
    ("merge", "split"),
    ("mute", "unmute"),
    ("subscribe", "unsubscribe"),
    ("follow", "unfollow"),
    ("zoom in", "zoom out"),
    ("ascending", "descending"),
    ("incoming", "outgoing"),
    ("minimum", "maximum"),
    ("portrait", "landscape"),
    ("horizontal, horizontally", "vertical, vertically"),
    ("swipe left, left side, left hand", "swipe right, right side, right hand"),
    ("front camera", "rear camera, back camera"),
    ("too high", "too low"),
    ("too loud", "too quiet"),
    ("too early", "too late"),
    ("too fast", "too slow"),
)
"""Directions; in any form of the word."""

_COMPARED = frozenset({"like", "than"})
"""After these a name is an example: *as a calendar, like Outlook has it*."""


def differ(comment: Member, members: Sequence[Member]) -> tuple[str, str] | None:
    """The words, the comment's and the theme's, by which they mean different things; None where
    nothing says so.

    Both have to name something of one sort early on, and neither may name anything of the other's.
    ``members`` are the theme's nearest, taken together: a theme that speaks of Android and the web
    keeps neither out.
    """
    for sort, mine in _named(comment.text[:HEAD]).items():
        if sort in PLACES and comment.kind is Kind.bug:
            continue
        theirs: dict[str, str] = {}
        for member in members:
            theirs |= _named(member.text[:HEAD]).get(sort, {})
        if not theirs or theirs.keys() & _named(comment.text[:READ]).get(sort, {}).keys():
            continue
        if not any(
            mine.keys() & _named(member.text[:READ]).get(sort, {}).keys() for member in members
        ):
            return next(iter(mine.values())), next(iter(theirs.values()))
    return None


def _index() -> dict[str, list[tuple[str, str]]]:
    """Of each name what it stands for, as the sort and the one that is meant."""
    index: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for sort, choice in {**PLACES, **NAMES}.items():
        for meant, said in choice.items():
            for name in said.split(", "):
                index[name].append((sort, meant))
    for pair in OPPOSITES:
        for said in pair:
            for name in said.split(", "):
                index[_stemmed(name.split())].append((" or ".join(pair), said))
    return dict(index)


def _stemmed(run: Sequence[str]) -> str:
    """Marked, as a name in the lists is meant in no other form: a *window* is no Windows."""
    return "~" + " ".join(stem(word) for word in run)


_INDEX = _index()
_FIRST = frozenset(name.split()[0] for name in _INDEX)


@lru_cache(maxsize=16384)
def _named(text: str) -> Mapping[str, Mapping[str, str]]:
    """By the sort, what a text names and the words it uses for it."""
    found: dict[str, dict[str, str]] = {}
    run = words(text)
    for start in range(len(run)):
        if not {run[start], _stemmed(run[start : start + 1])} & _FIRST or (
            start and run[start - 1] in _COMPARED
        ):
            continue
        for said in (run[start : start + 1], run[start : start + 2], run[start : start + 3]):
            for name in (" ".join(said), _stemmed(said)):
                for sort, meant in _INDEX.get(name, ()):
                    found.setdefault(sort, {}).setdefault(meant, " ".join(said))
    return found
