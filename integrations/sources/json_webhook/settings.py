"""What people enter of a webhook: who sends it, how it signs, where in its body things stand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from integrations.contract import Visibility
from integrations.signatures import Signature
from integrations.source_contract import KeepPrivate
from integrations.sources.json_webhook.expressions import checked_expression
from integrations.sources.json_webhook.presets import READY_MAPPINGS, Preset, ReadyMapping
from integrations.sources.json_webhook.schemes import DEFAULT_SCHEME, Scheme, signature_of

Expression = Annotated[str, Field(max_length=1_000), AfterValidator(checked_expression)]


class Settings(BaseModel):
    """A mapping: JMESPath expressions, each looked for in a comment and then in the whole body."""

    sender: Preset = Field(
        default="none",
        description="A ready mapping and signature; what is entered below goes before it.",
    )
    scheme: Literal["as_the_sender", Scheme] = Field(
        default="as_the_sender",
        description='How requests are signed; "As the sender" takes the sender\'s own, or '
        "SHA-256 in hex where none is chosen.",
    )
    signature_header: str = Field(
        default="",
        max_length=100,
        pattern=r"^[A-Za-z0-9-]*$",
        description="The header with the signature or token, where it has another name.",
    )
    comments: Expression = Field(
        default="", description="The list of comments in a body; blank for a body of one comment."
    )
    only_if: Expression = Field(
        default="", description="A body counts only where this is true; blank for all."
    )
    id: Expression = Field(
        default="", description="What never changes of a comment, such as its number."
    )
    text: Expression = Field(
        default="", description="What was written; the texts of a list are put one below another."
    )
    title: Expression = Field(default="", description="The title of what it belongs to.")
    thread: Expression = Field(
        default="", description="What an answer shares with its question; blank: its id."
    )
    opens_thread: Expression = Field(
        default="", description="True for what opens a thread; blank: what has no other thread."
    )
    parent_id: Expression = Field(default="", description="The id of the comment that it answers.")
    author_id: Expression = Field(
        default="", description="What never changes of its author; blank: each has another one."
    )
    author_name: Expression = Field(default="", description="What people call its author.")
    url: Expression = Field(default="", description="Its web address.")
    created_at: Expression = Field(
        default="", description="When it was written: ISO 8601, or seconds or milliseconds."
    )
    changed_at: Expression = Field(default="", description="When it was edited or deleted.")
    deleted: Expression = Field(default="", description="True for a comment that is gone.")
    default_format: Literal["as_the_sender", "text", "markdown", "html"] = Field(
        default="as_the_sender", description="How the text is marked up."
    )
    default_visibility: Visibility = Field(
        default=Visibility.unknown,
        description="Who may read it where it was written: public, members or private; unknown is "
        "taken as public.",
    )
    keep_private: KeepPrivate = False

    @property
    def ready(self) -> ReadyMapping:
        """The sender's own mapping, empty where none is chosen."""
        return READY_MAPPINGS.get(self.sender, ReadyMapping(DEFAULT_SCHEME))

    @property
    def format(self) -> str:
        """How texts are marked up."""
        return self.ready.format if self.default_format == "as_the_sender" else self.default_format

    def expression(self, name: str) -> str:
        """The expression of a setting: the one that was entered, else the sender's."""
        return getattr(self, name) or self.ready.expressions.get(name, "")


def json_signature(settings: Settings) -> Signature:
    """How the requests of a source are signed."""
    ready = settings.ready
    if settings.scheme == "as_the_sender":
        return signature_of(ready.scheme, settings.signature_header or ready.header, ready.prefix)
    return signature_of(settings.scheme, settings.signature_header, None)
