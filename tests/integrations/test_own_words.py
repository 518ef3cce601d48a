"""What a mail program or a forum adds to somebody's words is not taken for theirs."""

from __future__ import annotations

import pytest

from integrations.text.bbcode import without_quotes
from integrations.text.email_reply import own_reply
from integrations.text.markdown import markdown_to_text

OWN = "The export is broken for me as well."


@pytest.mark.parametrize(
    "added",
    [
        "On Tue, Nov 3, 2026 at 8:02 AM Bo Li ***@***.***> wrote:\n\n> It broke\n> again",
        "On Tue, Nov 3, 2026 at 8:02 AM Bo Li <\nbo@example.com> wrote:\n\n> It broke",
        "Am 03.11.2026 um 08:02 schrieb Bo Li:\n> Kaputt",
        "Le mar. 3 nov. 2026 à 08:02, Bo Li a écrit :\n> cassé",
        "-- \nKim Roe | +1 555 0100\n12 Long Road",
        "--\nKim Roe\nHead of Nothing",
        "Sent from my iPhone",
        "-----Original Message-----\nFrom: Bo Li\nIt broke",
        "From: Bo Li <bo@example.com>\nSent: Tuesday\nTo: list\n\nIt broke",
        "—\nReply to this email directly, view it on GitHub, or unsubscribe.",
    ],
)
def test_what_a_mail_program_added_is_left_out(added: str) -> None:
    assert markdown_to_text(own_reply(f"{OWN}\n\n{added}")) == OWN


@pytest.mark.parametrize(
    "kept",
    [
        "As Bo wrote:\n> It broke\n\nI agree.",
        "A heading\n--\nand what follows it",
        "Steps:\n\n```\n-- \nselect 1\n```",
        "I sent from my account a hundred mails and none came.",
        "From: here to there it takes an hour.",
    ],
)
def test_what_a_person_wrote_stays(kept: str) -> None:
    assert own_reply(kept) == kept


def test_own_words_right_above_the_introduction_stay() -> None:
    text = f"{OWN}\nOn Tue, Nov 3, 2026 at 8:02 AM Bo Li wrote:\n> It broke"
    assert markdown_to_text(own_reply(text)) == OWN


def test_a_reply_of_nothing_but_a_quotation_stays() -> None:
    text = "On Tue, Nov 3, 2026 at 8:02 AM Bo wrote:\n> It broke"
    assert own_reply(text) == text


def test_quotes_of_a_forum_are_left_out() -> None:
    assert without_quotes('[quote="bo, post:1"]\nold\n[/quote]\nnew') == "\nnew"
    assert without_quotes("[quote]never closed") == "never closed"
