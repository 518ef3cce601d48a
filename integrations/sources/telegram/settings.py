"""What people enter for a Telegram source."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate

TELEGRAM_API = "https://api.telegram.org"


class Settings(BaseModel):
    """What a Telegram source needs to know."""

    chats: str = Field(
        default="",
        description="Only these groups and channels (@name, or the number of one without a name), "
        "separated by commas. Leave it blank to follow all that the bot is in.",
    )
    staff: str = Field(
        default="",
        description="Names or numbers of the accounts that belong to your own team, separated by "
        "commas. Anonymous administrators count as staff anyway.",
    )
    api_url: payload.SettingAddress = Field(
        default="", description="Address of the Bot API, where it is not https://api.telegram.org."
    )
    keep_private: KeepPrivate = False
