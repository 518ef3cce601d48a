"""What people enter for a Slack source."""

from __future__ import annotations

from pydantic import BaseModel, Field

from integrations import payload
from integrations.source_contract import KeepPrivate


class Settings(BaseModel):
    """What a Slack source needs to know."""

    workspace_url: payload.SettingAddress = Field(
        default="",
        description="Address of the workspace (https://acme.slack.com). "
        "Without it links open the channel only.",
    )
    channels: str = Field(
        default="",
        description="Only these channels: their IDs (C0123ABCD), separated by commas. "
        "Leave it blank to follow all.",
    )
    staff: str = Field(
        default="",
        description="IDs of the members who belong to your own team (U0123ABCD), "
        "separated by commas.",
    )
    carriers: str = Field(
        default="",
        description="IDs of the apps and bots that hand on what people say, such as a form or a "
        "help desk (B0123ABCD), separated by commas. Messages of any other bot are kept and not "
        "judged.",
    )
    api_url: payload.SettingAddress = Field(
        default="",
        description="Address of Slack's API, where it is another one than slack.com's "
        "(https://slack-gov.com/api).",
    )
    keep_private: KeepPrivate = False
