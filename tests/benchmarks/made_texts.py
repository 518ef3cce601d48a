"""Comments that nobody wrote, where there are no real ones."""

from __future__ import annotations

import random

_PLACES = """
    export import login search sync editor calendar sidebar settings widget backup printing sharing
    tags archive inbox timeline profile upload checkout map camera chat billing report keyboard
    theme gallery player download
"""
PLACES = _PLACES.split()
TROUBLES = (
    "crashes",
    "freezes",
    "loses data",
    "stays empty",
    "fails silently",
    "takes minutes",
    "drains the battery",
)
SIGNS = (
    "since the last update",
    "on my old phone",
    "when offline",
    "with large files",
    "after a restart",
    "at night",
)
WISHES = (
    "please add",
    "I would love to see",
    "it would be great to have",
    "could you support",
    "we really need",
)
THINGS = (
    "dark mode",
    "shortcuts",
    "nested folders",
    "a table view",
    "encryption",
    "an open API",
    "undo",
    "filters",
)


def made_text(chance: random.Random) -> str:
    """A comment of about 30 tokens."""
    one, two, three = chance.sample(PLACES, 3)
    if chance.random() < 0.6:
        start = f"The {one} {chance.choice(TROUBLES)} {chance.choice(SIGNS)}"
        rest = f"I went from the {two} to the {three} {chance.choice(SIGNS)}"
        rest += f" and it {chance.choice(TROUBLES)} there too"
    else:
        start = f"{chance.choice(WISHES)} {chance.choice(THINGS)} for the {one}"
        sign = chance.choice(SIGNS)
        rest = f"Now I have to leave the {two}, open the {three} and do it by hand {sign}"
    return f"{start}. {rest}, about {chance.randrange(2, 40)} times a day."
