"""The numbers of a span of days as the API shows them."""

from datetime import date, datetime

from pydantic import Field

from app.api.schemas.base import Out, example
from app.api.schemas.community import ResponseTimesOut

VOLUME_EXAMPLE = {
    "by": "kind",
    "key": "question",
    "name": "",
    "comments": 40,
    "before": 31,
}
FIGURES_EXAMPLE = {
    "comments": 312,
    "people": {"heard": 141, "new": 40, "previous": 133, "returning": 70, "lost": 3},
    "tone": {
        "friendly": 60,
        "unfriendly": 40,
        "toned": 100,
        "net": 0.2,
        "interval": [0.004, 0.381],
    },
    "responses": {
        "asked": 40,
        "answered": 31,
        "within": 28,
        "undecided": 4,
        "linked": 3,
        "coverage": 0.7,
        "median_seconds": 5400.0,
        "p90_seconds": 259200.0,
    },
    "closure": {
        "open_before": 20,
        "opened": 30,
        "decided": 25,
        "share": 0.5,
        "oldest_open": "2026-10-01T08:00:00Z",
    },
    "told": {"shipped": 4, "told": 3, "share": 0.75},
}


class SpanOut(Out):
    """The days `first` to `last` in a time zone."""

    first: date
    last: date
    tz: str


class VolumeOfOut(Out):
    """Comments of one source, platform, kind or language (`by`). `key` is what filters take."""

    by: str
    key: str
    name: str
    comments: int
    before: int | None = Field(description="In the days compared with; null without any.")

    model_config = Out.model_config | example(VOLUME_EXAMPLE)


class PeopleCountsOut(Out):
    """Distinct people, staff and programs left out. `previous` were heard in as many days before,
    `returning` of them again; `lost` wrote four times or more in the 90 days before, and nothing
    since."""

    heard: int
    new: int
    previous: int
    returning: int
    lost: int


class NetToneOut(Out):
    """Comments that sound either way; `net` is their difference by their number, with the interval
    in which it lies with 95 % confidence. Both are null without any."""

    friendly: int
    unfriendly: int
    toned: int
    net: float | None
    interval: list[float] | None


class ClosureOut(Out):
    """Themes decided, by those open before and opened; `share` is null without any."""

    open_before: int
    opened: int
    decided: int
    share: float | None
    oldest_open: datetime | None


class ToldOut(Out):
    """Themes shipped in the days, and those of them whose people were told by now."""

    shipped: int
    told: int
    share: float | None


class FiguresOut(Out):
    """Every number of a span."""

    comments: int
    people: PeopleCountsOut
    tone: NetToneOut
    responses: ResponseTimesOut
    closure: ClosureOut
    told: ToldOut

    model_config = Out.model_config | example(FIGURES_EXAMPLE)


class MetricsOut(Out):
    """The numbers of a span beside those of the days that it is compared with."""

    span: SpanOut
    compared: SpanOut | None
    figures: FiguresOut
    before: FiguresOut | None
    volumes: list[VolumeOfOut]

    model_config = Out.model_config | example(
        {
            "span": {"first": "2026-11-01", "last": "2026-11-20", "tz": "Europe/Berlin"},
            "compared": {"first": "2026-10-12", "last": "2026-10-31", "tz": "Europe/Berlin"},
            "figures": FIGURES_EXAMPLE,
            "before": FIGURES_EXAMPLE,
            "volumes": [VOLUME_EXAMPLE],
        }
    )


class DefinitionOut(Out):
    """What a number means."""

    name: str
    text: str

    model_config = Out.model_config | example(
        {"name": "net_tone", "text": "(friendly - unfriendly) / both."}
    )
