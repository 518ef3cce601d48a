"""What a person reads about a value that cannot be used: the field, what it should be, and never
the pattern or the sentence of the library that checks."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args

import pytest
from pydantic import BaseModel, Field, ValidationError
from pydantic_core.core_schema import ErrorType

from app.config import Settings
from app.errors import Invalid
from app.setup.fields import checked_fields, still_declared
from integrations import registry
from integrations.complaints import complaint, unknown_names
from integrations.weak_secrets import weakness

LIBRARY_PHRASES = (
    "String should",
    "Input should",
    "Value error",
    "should match pattern",
    "valid dictionary",
    "instance of",
    "type=",
    "input_value",
    "pydantic",
    "unable to parse",
    "permitted",
    "Field required",
)
PATTERN_CHARACTERS = re.compile(r"[\^$*\\]|\[\^|\(\?|\.\*|\{\d")
WRONG_VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**40, 1.5, float("inf"), float("nan")),
    *("", " ", "a", "A B", "://", "http://", "\x00", "\ud800", "x" * 5_000, "{}", "[]"),
    *(
        "https://u:p@host.example",
        "javascript:alert(1)",
        "ftp://host.example",
        "a/b/c",
        "[[[",
        "$^",
    ),
    *([], [1], ["a", None], {}, {"a": 1}, {"summary": "x"}, b"\xff", object()),
)


def declared() -> Iterator[Any]:
    """Every model of what people enter: settings of platforms, settings and credentials of
    trackers."""
    for platform in registry.sources().values():
        yield pytest.param(platform.settings, "settings", id=f"source-{platform.name}")
    for tracker in registry.trackers().values():
        yield pytest.param(tracker.settings, "settings", id=f"tracker-{tracker.name}")
        yield pytest.param(tracker.credentials, "credentials", id=f"credentials-{tracker.name}")


def assert_readable(sentence: str) -> None:
    assert [phrase for phrase in LIBRARY_PHRASES if phrase in sentence] == [], sentence
    assert PATTERN_CHARACTERS.search(sentence) is None, sentence


@pytest.mark.parametrize(("model", "title"), list(declared()))
def test_every_setting_refuses_wrong_values_in_plain_words(
    model: type[BaseModel], title: str
) -> None:
    refusals = 0
    for name in model.model_fields:
        for value in WRONG_VALUES:
            try:
                checked_fields(model, {name: value}, title)
            except Invalid as refused:
                refusals += 1
                assert refused.reason == "settings_invalid"
                assert_readable(refused.detail)
    assert refusals > 0


@pytest.mark.parametrize("kind", sorted(set(get_args(ErrorType)) - {"value_error"}))
def test_every_error_that_the_library_knows_has_plain_words(kind: str) -> None:
    if kind != "assertion_error":
        problem = {"type": kind, "msg": "String should match pattern '^[A-Z]$'"}
        assert_readable(complaint(problem))
        assert_readable(complaint({**problem, "ctx": defaultdict(lambda: 3)}))


def test_words_say_what_would_do() -> None:
    class Kind(Enum):
        bug = "bug"

    class Model(BaseModel):
        kind: Literal["a", "b"]
        other: Kind
        number: int = Field(ge=3)
        name: str = Field(min_length=1, examples=["acme"])
        key: str = Field(pattern="^[A-Z]+$", examples=["APP"])

    with pytest.raises(ValidationError) as refused:
        Model.model_validate({"kind": "c", "other": "c", "number": 2, "name": "", "key": "?"})
    assert [complaint(problem) for problem in refused.value.errors()] == [
        "should be 'a' or 'b'",
        "should be 'bug'",
        "should be at least 3",
        "should have at least one character",
        "does not have the form that it should have",
    ]
    given = {"kind": "a", "other": "bug", "number": 3, "name": "n", "key": "?"}
    with pytest.raises(Invalid, match=r"key does not have the form that .*, such as APP\.$"):
        checked_fields(Model, given, "x")


def test_what_an_older_version_stored_is_not_in_the_way_of_a_change() -> None:
    model = registry.tracker("github").settings
    stored = still_declared(model, {"repository": "acme/app", "an_old_one": 1})
    assert checked_fields(model, stored, "settings")["repository"] == "acme/app"


def test_a_name_that_nobody_declared_is_refused_with_the_nearest() -> None:
    model = registry.tracker("github").settings
    with pytest.raises(Invalid) as refused:
        checked_fields(model, {"repository": "acme/app", "repositry": "x"}, "settings")
    assert "no setting repositry (did you mean repository?)" in refused.value.detail
    assert "; there are: " in refused.value.detail
    assert unknown_names(["a"], [], "setting") == "there is no setting a; there are none"


@pytest.mark.parametrize(
    ("entered", "stored"),
    [
        ("https://github.com/acme/notes", "acme/notes"),
        ("https://github.com/acme/notes.git", "acme/notes"),
        ("https://github.com/acme/notes/issues?q=open", "acme/notes"),
        ("git@github.com:acme/notes.git", "acme/notes"),
        (" acme/notes.git ", "acme/notes"),
        ("acme/notes", "acme/notes"),
        ("acme/.github", "acme/.github"),
    ],
)
def test_a_repository_is_understood_however_it_is_named(entered: str, stored: str) -> None:
    model = registry.tracker("github").settings
    assert checked_fields(model, {"repository": entered}, "settings")["repository"] == stored


@pytest.mark.parametrize(
    "entered",
    [
        "app",
        " App ",
        "https://acme.atlassian.net/browse/app-12",
        "https://a.example/projects/APP/x",
    ],
)
def test_a_project_is_understood_however_it_is_named(entered: str) -> None:
    model = registry.tracker("jira").settings
    settings = {"base_url": "acme.atlassian.net/", "project": entered}
    checked = checked_fields(model, settings, "settings")
    assert (checked["project"], checked["base_url"]) == ("APP", "https://acme.atlassian.net")


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("tracker", {"repository": "a/b", "base_url": "https://u:p@host.example"}),
        ("tracker", {"repository": "a/b", "base_url": "https://token@host.example/api"}),
        ("source", {"base_url": "https://u:p@forum.example"}),
        ("source", {"base_url": "u:p@forum.example"}),
    ],
)
def test_a_password_in_an_address_is_refused(kind: str, settings: dict[str, str]) -> None:
    model = registry.tracker("github").settings
    if kind == "source":
        model = registry.source("discourse").settings
    with pytest.raises(Invalid, match="must not hold a user or a password") as refused:
        checked_fields(model, settings, "settings")
    assert "u:p" not in refused.value.detail


@pytest.mark.parametrize(
    ("platform", "secret", "reason"),
    [
        ("generic", "whsec_AAAA", "secret_too_short"),
        ("generic", "whsec_!!!!", "secret_malformed"),
        ("generic", "whsec_" + "A" * 43 + "=", "secret_weak"),
        ("generic", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ""),
        ("generic", "short", "secret_too_short"),
        ("github", "aaaaaaaaaaaaaaaa", "secret_weak"),
        ("github", "abababababababab", "secret_weak"),
        ("github", "one of the platform", ""),
        ("slack", "8f742231b10e8888abcd99yyyzzz85a5", ""),
    ],
)
def test_a_secret_that_protects_nothing_is_refused(platform: str, secret: str, reason: str) -> None:
    assert weakness(registry.source(platform).signature, secret)[0] == reason


def test_every_platform_makes_secrets_that_it_takes() -> None:
    for platform in registry.sources().values():
        if platform.new_secret is not None:
            assert weakness(platform.signature, platform.new_secret()) == ("", "")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_settings_of_the_environment_are_refused_in_plain_words(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.errors import ConfigError
    from app.running.runtime import read_settings

    for value in ("[[", "-7", "many", "1e999"):
        monkeypatch.setenv(f"RELAY_{name.upper()}", value)
        try:
            read_settings()
        except ConfigError as refused:
            assert f"RELAY_{name.upper()}" in refused.detail
            assert_readable(refused.detail)
