"""The pages of ``docs/sources`` about one platform each, written from what its module declares.

``python -m tests.rules.source_pages`` writes them anew; ``tests/contract/test_sources_docs.py``
holds that they are what the modules say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from integrations import registry
from integrations.signatures import Signature
from integrations.source_contract import Source
from tests.paths import ROOT

FOLDER = ROOT / "docs" / "sources"
OVERVIEW = FOLDER / "platforms.md"
SIGNED_PARTS = {"{id}": "id", "{timestamp}": "time", "{body}": "body"}
ALGORITHM_NAMES = {
    "hmac-sha256": "HMAC-SHA256",
    "hmac-sha1": "HMAC-SHA1",
    "ed25519": "Ed25519",
    "token": "token",
}
WRITTEN = "_Written from the platform's module by `python -m tests.rules.source_pages`._"
FILLED_IN = {
    "{webhook_url}": "the address that `relay source show` prints",
    "{secret}": "the secret that `relay source show` prints",
}


def verified(signature: Signature) -> str:
    """How a delivery is verified, in a sentence."""
    if signature.body_token:
        return f"the secret stands in the body, as `{signature.body_token}`"
    if not signature.header:
        return "it sends nothing: it is asked over TLS"
    where = f"`{signature.header}`"
    if signature.algorithm == "token":
        sentence = f"{where} holds the secret"
    else:
        parts = [word for part, word in SIGNED_PARTS.items() if part in signature.signed]
        over = " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)
        sentence = f"{where}, {ALGORITHM_NAMES[signature.algorithm]} over the {over}"
        if signature.timestamp_header or signature.timestamp_key:
            sentence += f", at most {signature.tolerance} s old"
    if signature.otherwise is not None:
        sentence += f"; or {verified(signature.otherwise)}"
    return sentence


def delivered(source: Source[Any]) -> str:
    """By which ways words arrive."""
    ways = ["webhook"] if source.sends else []
    return " and ".join([*ways, "asked"] if source.polling is not None else ways)


def filled_in(guide: str) -> str:
    """A guide for a page that knows no address yet."""
    for placeholder, words in FILLED_IN.items():
        guide = guide.replace(f"`{placeholder}`", words).replace(placeholder, words)
    return guide.strip()


def _facts(source: Source[Any]) -> list[str]:
    rows = [("Name", f"`{source.name}`"), ("Delivery", delivered(source))]
    rows.append(("How a delivery is verified", verified(source.signature)))
    if (polling := source.polling) is not None:
        every = f"{polling.interval_seconds / 60:.0f} minutes"
        rows.append(
            ("Asked", f"every {every}, at most {polling.calls_per_minute:g} calls a minute")
        )
    if (replying := source.replying) is not None:
        rows.append(("Answers", f"at most {replying.limit:,} characters long"))
    else:
        rows.append(("Answers", source.no_replies))
    return ["| | |", "|---|---|", *[f"| {name} | {value} |" for name, value in rows]]


def _events(source: Source[Any]) -> list[str]:
    lines = ["Read: " + ", ".join(f"`{name}`" for name in sorted(source.handled)) + ".", ""]
    reasons: dict[str, list[str]] = {}
    for name, reason in source.ignored.items():
        reasons.setdefault(reason, []).append(name)
    if reasons:
        lines += ["Left alone, with the reason on the delivery's page:", ""]
        for reason, names in reasons.items():
            lines.append(f"- {', '.join(f'`{name}`' for name in sorted(names))}: {reason}")
        lines.append("")
    return [*lines, "Anything else is *unknown*: it is stored, counted and shown."]


def page(source: Source[Any]) -> str:
    """The page about one platform."""
    lines = [f"# {source.title}", "", WRITTEN, "", *_facts(source), ""]
    lines += ["## Connect it", "", filled_in(source.guide), ""]
    if source.polling is not None and source.polling.guide:
        lines += ["## Ask it for history and for what is new", ""]
        lines += [filled_in(source.polling.guide), ""]
    if source.replying is not None:
        lines += ["## Answer there", "", filled_in(source.replying.guide), ""]
    lines += ["## What becomes of an event", "", *_events(source), "", "## Settings", ""]
    lines += ["| Setting | |", "|---|---|"]
    fields = source.settings.model_fields.items()
    lines += [f"| `{name}` | {field.description} |" for name, field in fields]
    return "\n".join(lines) + "\n"


def overview() -> str:
    """The table of all platforms."""
    lines = ["# Platforms", "", WRITTEN, ""]
    lines += ["| Platform | Name | Delivery | How a delivery is verified | Answers |"]
    lines += ["|---|---|---|---|---|"]
    for name, source in registry.sources().items():
        answers = "no" if source.replying is None else "yes"
        cells = [f"[{source.title}]({name}.md)", f"`{name}`", delivered(source)]
        lines.append("| " + " | ".join([*cells, verified(source.signature), answers]) + " |")
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Every page by its file."""
    by_file = {FOLDER / f"{name}.md": page(one) for name, one in registry.sources().items()}
    return {OVERVIEW: overview(), **by_file}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
