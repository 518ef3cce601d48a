"""What people enter for a Linear tracker."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from integrations.tracker_contract import Audience
from integrations.trackers.credentials import SECRETIVE, Token
from integrations.trackers.entered import Address


def _team_key(value: object) -> object:
    """The key of a team in capitals, also of the address of the team or of an issue."""
    if not isinstance(value, str):
        return value
    path = value.strip()
    if "://" in path:
        _, _, path = path.partition("/team/") if "/team/" in path else path.partition("/issue/")
        path = path.partition("/")[0]
    return path.partition("-")[0].upper()


def _checked_key(key: str) -> str:
    if not (key.isascii() and key.isalnum() and len(key) <= 7):
        raise ValueError("should be the team's key, such as ENG: the part before the hyphen")
    return key


TeamKey = Annotated[str, BeforeValidator(_team_key), AfterValidator(_checked_key)]


class LinearSettings(BaseModel):
    """Where the tickets of a product go in Linear."""

    team: TeamKey = Field(examples=["ENG"])
    base_url: Address = Field(default="https://api.linear.app")
    audience: Audience = ""
    close_duplicates: bool = Field(
        default=True,
        description="When themes are merged, mark the tickets that do not live on as duplicates, "
        "which closes them. Undoing the merge opens them again.",
    )


class LinearCredentials(BaseModel):
    """What lets us in: an API key, or a token of an OAuth app."""

    model_config = SECRETIVE

    token: Token
