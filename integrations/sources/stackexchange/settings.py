"""What people enter for a source of Stack Exchange."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate

STACK_API = "https://api.stackexchange.com/2.3"


class Settings(BaseModel):
    """What a source of Stack Exchange needs to know."""

    site: str = Field(
        default="stackoverflow",
        max_length=60,
        description="The site as its address begins: stackoverflow, superuser, askubuntu ...",
    )
    tags: str = Field(
        default="", description="Tags whose questions are followed, separated by commas."
    )
    staff: str = Field(
        default="",
        description="Numbers of the accounts on that site that belong to your own team, separated "
        "by commas.",
    )
    api_url: payload.SettingAddress = Field(
        default="",
        description="Address of the API, where it is not https://api.stackexchange.com/2.3.",
    )
    keep_private: KeepPrivate = False

    def api(self) -> str:
        """The address that every call begins with."""
        return self.api_url or STACK_API
