"""How the dashboard says by which way, when and with what success a digest goes out."""

from __future__ import annotations

from app.digests.schedule import Schedule
from app.models.states import DispatchChannel, DispatchState, Frequency

CHANNEL_NAMES: dict[str, str] = {
    DispatchChannel.email: "E-mail",
    DispatchChannel.slack: "Slack",
    DispatchChannel.discord: "Discord",
    DispatchChannel.teams: "Microsoft Teams",
    DispatchChannel.webhook: "Signed webhook",
}
DISPATCH_STATES: dict[str, str] = {
    DispatchState.pending: "On its way",
    DispatchState.sending: "Being sent",
    DispatchState.sent: "Sent",
    DispatchState.unknown: "May have arrived",
    DispatchState.failed: "Refused",
    DispatchState.skipped: "Nothing happened, nothing sent",
}
DISPATCH_TONES: dict[str, str] = {
    DispatchState.sent: "good",
    DispatchState.unknown: "warn",
    DispatchState.failed: "bad",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def schedule_name(schedule: Schedule) -> str:
    """``every Monday at 8:00 in Europe/Berlin``."""
    daily = schedule.frequency is Frequency.daily
    named = "day" if daily else WEEKDAYS[schedule.weekday]
    return f"every {named} at {schedule.hour}:00 in {schedule.time_zone}"
