"""What a developer looks for in comments is read from their words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.texts.technical import Technical, technical
from tests.scenes.growth import grows_at_most, repeated

TRACE = """Traceback (most recent call last):
  File "export.py", line 12, in run
    write(page)
ValueError: page is empty"""


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("Since version 2.3.1 the export crashes", ("2.3.1",)),
        ("crashes in v4.0-beta.2, worked in 3.9.12", ("4.0-beta.2", "3.9.12")),
        ("Updated to 12.1 and it broke", ("12.1",)),
        ("build: 7.0.1234", ("7.0.1234",)),
        ("it costs 12.50 in 2.5 hours", ()),
        ("my server is 10.0.0.1", ()),
        ("on iOS 17.2 and Firefox 121.0", ()),
        ("since 21.11.2026 it is broken", ()),
    ],
)
def test_versions_are_those_of_the_product(text: str, versions: tuple[str, ...]) -> None:
    assert technical(text).versions == versions


@pytest.mark.parametrize(
    ("text", "systems"),
    [
        ("On windows 11 and Windows 10", ("Windows 11", "Windows 10")),
        ("too many open windows", ()),
        ("MacOS Sonoma, ubuntu 22.04", ("macOS Sonoma", "Ubuntu 22.04")),
        ("android 14 and IOS", ("Android 14", "iOS")),
        ("the linuxes of this world", ()),
    ],
)
def test_systems_are_named_as_their_makers_do(text: str, systems: tuple[str, ...]) -> None:
    assert technical(text).systems == systems


def test_browsers_devices_and_plans() -> None:
    said = technical(
        "Chrome 120 and firefox are fine, Safari on my iPhone 15 Pro is not. On the edge of "
        "despair, on the free plan."
    )
    assert said.browsers == ("Chrome 120", "Firefox", "Safari")
    assert said.devices == ("iPhone 15 Pro",)
    assert said.plans == ("Free",)


@pytest.mark.parametrize(
    ("agent", "system", "browser"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91",
            "Windows NT 10.0",
            "Edge 120",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
            "like Gecko) Version/17.2 Mobile/15E148 Safari/604.1",
            "iOS 17.2",
            "Safari 17",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
            "Linux",
            "Firefox 121",
        ),
    ],
)
def test_a_browsers_own_words_are_read(agent: str, system: str, browser: str) -> None:
    said = technical(f"It fails with\n{agent}\nevery time")
    assert (said.systems, said.browsers, said.versions) == ((system,), (browser,), ())


def test_output_of_programs_is_kept_line_by_line() -> None:
    said = technical(f"I get this:\n{TRACE}\nPlease help, it is urgent.")
    assert said.logs == (TRACE,)
    assert technical("ERROR could not write\nall else is fine").logs == ("ERROR could not write",)
    assert technical("My error: I clicked twice.\nSorry.").logs == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "A workaround is to export page by page.",
        "Clearing the cache helped.",
        "I fixed it by reinstalling the app.",
        "Disabling the spell checker fixes it.",
    ],
)
def test_ways_around_are_whole_sentences(sentence: str) -> None:
    assert technical(f"It crashes. {sentence} Thanks!").workarounds == (sentence,)


@pytest.mark.parametrize(
    "sentence",
    [
        "Is there a workaround?",
        "There is no workaround.",
        "I still have it after reinstalling.",
        "Nothing helps if I restart.",
    ],
)
def test_what_is_no_way_around_is_none(sentence: str) -> None:
    assert technical(sentence).workarounds == ()


def test_files_that_are_linked() -> None:
    said = technical("See https://files.example/a/crash.log and https://example.com/page.")
    assert said.files == ("https://files.example/a/crash.log",)


def test_the_weight_tells_a_report_from_an_opinion() -> None:
    report = f"Version 2.3.1, Windows 11.\n1. open\n2. export\n{TRACE}"
    assert technical(report).weight > technical("Version 2.3.1 is bad").weight
    assert technical("I hate this").weight == 0
    assert technical("") == Technical()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_read_and_nothing_is_invented(text: str) -> None:
    said = technical(text)
    lowered = text.lower()
    assert all(version in lowered for version in said.versions)
    assert all(device in text for device in said.devices)
    assert all(line.strip() in text for log in said.logs for line in log.split("\n"))
    assert all(file in text for file in said.files)


@settings(max_examples=100, deadline=None)
@given(
    st.from_regex(r"[1-9][0-9]{0,2}\.[0-9]{1,3}\.[0-9]{1,4}", fullmatch=True),
    st.sampled_from(["Windows 11", "macOS Sonoma", "Android 14", "Ubuntu 22.04"]),
    st.sampled_from(["Chrome 120", "Firefox", "Safari 17"]),
)
def test_what_people_write_in_their_own_order_is_read(
    version: str, system: str, browser: str
) -> None:
    said = technical(f"With {browser} on {system}: version {version} does not start.")
    assert (said.versions, said.systems, said.browsers) == ((version,), (system,), (browser,))


@pytest.mark.parametrize(
    "unit",
    ["1.", "v1.", "Mozilla/5.0 (", "at a.", "Windows ", "  x\n", "https://a.", "disabling a ", "E"],
)
def test_the_time_it_takes_grows_with_the_text(unit: str) -> None:
    assert grows_at_most(24, technical, repeated(unit, 2_500), repeated(unit, 20_000))
