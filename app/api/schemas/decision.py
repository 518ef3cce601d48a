"""What a person can decide about themes, and what the API answers."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.api.schemas.base import CleanText, Flag, In, JsonId, JsonNumber, Out, Version, example
from app.api.schemas.theme import ThemeOut

THEME_EXAMPLE = "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a001"
OTHER_THEME_EXAMPLE = "7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a002"
TICKETS_OF = (
    "Where several themes have tickets: the theme whose tickets live on. The others say where the "
    "matter is followed. By default the theme with the oldest ticket."
)
ALTHOUGH = (
    "Merge although a ticket will then show words of another theme to more people than could read "
    "them; without it that is refused with 409 `merge_shows_private`."
)
Sentence = Annotated[CleanText, Field(min_length=1, max_length=1000)]


class DecisionIn(In):
    """A decision without more to say."""

    version: Version = None

    model_config = In.model_config | example({"version": 3})


class IgnoreIn(DecisionIn):
    """Why a theme is declined."""

    reason: Sentence = Field(description="A sentence that people will read.")

    model_config = In.model_config | example({"reason": "Works as designed.", "version": 3})


class KindIn(DecisionIn):
    """What a theme really is."""

    kind: Literal["bug", "feature"]

    model_config = In.model_config | example({"kind": "feature", "version": 3})


class TitleIn(DecisionIn):
    """A title of one's own."""

    title: Annotated[CleanText, Field(min_length=1, max_length=200)]

    model_config = In.model_config | example(
        {"title": "Export to CSV crashes on Windows", "version": 3}
    )


class MergeIn(DecisionIn):
    """The themes that are the same as this one."""

    theme_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    tickets_of: UUID | None = Field(default=None, description=TICKETS_OF)
    although: Flag = Field(default=False, description=ALTHOUGH)

    model_config = In.model_config | example(
        {"theme_ids": [OTHER_THEME_EXAMPLE], "tickets_of": THEME_EXAMPLE, "version": 3}
    )


class MergeManyIn(In):
    """Themes that are all the same."""

    theme_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    into: UUID | None = Field(
        default=None,
        description="The theme that lives on, one of these or another. By default the one with the "
        "oldest ticket, else that of most people.",
    )
    versions: dict[UUID, Annotated[int, Field(ge=1, le=2**31 - 1), JsonNumber]] = Field(
        default_factory=dict,
        max_length=200,
        description="The `version` of each theme that you saw; 409 when one has changed since.",
    )
    tickets_of: UUID | None = Field(default=None, description=TICKETS_OF)
    although: Flag = Field(default=False, description=ALTHOUGH)

    model_config = In.model_config | example(
        {
            "theme_ids": [THEME_EXAMPLE, OTHER_THEME_EXAMPLE],
            "into": THEME_EXAMPLE,
            "versions": {THEME_EXAMPLE: 3, OTHER_THEME_EXAMPLE: 1},
        }
    )


class SameIn(In):
    """That both themes of a suggestion are the same."""

    tickets_of: UUID | None = Field(default=None, description=TICKETS_OF)
    although: Flag = Field(default=False, description=ALTHOUGH)

    model_config = In.model_config | example({"tickets_of": THEME_EXAMPLE})


class SplitIn(DecisionIn):
    """The comments that are about something else."""

    comment_ids: Annotated[list[JsonId], Field(min_length=1, max_length=1000)]

    model_config = In.model_config | example({"comment_ids": [4711, 4712], "version": 3})


def _with_reason_to_ignore(shown: dict[str, Any]) -> ConfigDict:
    """The configuration of a decision of which one value needs a reason, with its example."""
    ignores = {"properties": {"decision": {"const": "ignore"}}}
    with_reason = {"required": ["reason"], "properties": {"reason": {"minLength": 1}}}
    conditional = {"if": ignores, "then": with_reason}
    extra: Any = {"examples": [shown], **conditional}
    return In.model_config | ConfigDict(json_schema_extra=extra)


class BulkIn(In):
    """One decision about many themes. ``ignore`` needs a ``reason``."""

    decision: Literal["accept", "ignore", "reopen"]
    ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    reason: Annotated[CleanText, Field(max_length=1000)] = ""
    dry_run: Flag = Field(default=False, description="Answer what would happen and change nothing.")

    model_config = _with_reason_to_ignore(
        {"decision": "accept", "ids": [THEME_EXAMPLE, OTHER_THEME_EXAMPLE], "dry_run": True}
    )


class ActionOut(Out):
    """A decision that was taken. ``POST /actions/{action_id}/undo`` takes it back."""

    action_id: int
    theme: ThemeOut | None = Field(
        description="The theme as it is now; null where the decision was not about one."
    )


class MergedOut(ActionOut):
    """The theme that lives on."""

    already: bool = Field(
        description="Whether all of them were one theme before, so that nothing was done; "
        "`action_id` is that of the merge that was."
    )


class SplitOut(ActionOut):
    """The theme that is left, and the new one."""

    new_theme: ThemeOut


class BulkDone(Out):
    """A theme for which the decision was taken. ``action_id`` is null in a dry run."""

    id: UUID
    action_id: int | None


class BulkFailure(Out):
    """A theme for which it was not, and why."""

    id: UUID
    reason: str
    detail: str


class BulkOut(Out):
    """What became of each theme."""

    dry_run: bool
    succeeded: list[BulkDone]
    failed: list[BulkFailure]

    model_config = Out.model_config | example(
        {
            "dry_run": False,
            "succeeded": [{"id": THEME_EXAMPLE, "action_id": 88}],
            "failed": [
                {
                    "id": OTHER_THEME_EXAMPLE,
                    "reason": "already_accepted",
                    "detail": "This theme is accepted already.",
                }
            ],
        }
    )


class PairsIn(In):
    """One answer to many suggestions."""

    answer: Literal["different", "later"] = Field(
        description="`different`: none of these pairs is joined or suggested again. `later`: they "
        "come after all others for seven days. What is the same is merged: `POST /themes/merge`."
    )
    ids: Annotated[list[JsonId], Field(min_length=1, max_length=200)]

    model_config = In.model_config | example({"answer": "different", "ids": [5, 6]})
