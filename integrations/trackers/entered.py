"""What people enter for a tracker, taken as they mean it: addresses that they copied from a
browser, and names in another case."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

REPOSITORY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$"
_PROJECT_IN_ADDRESS = re.compile(r"/(?:projects|browse)/([A-Za-z][A-Za-z0-9_]*)")
_PROJECT_PATH = re.compile(r"\d{1,12}|[A-Za-z0-9_.][\w.-]*(?:/[A-Za-z0-9_.][\w.-]*)+", re.ASCII)
_PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,254}")


def repository_name(value: object) -> object:
    """``owner/name`` of what names a repository: its address in a browser, the one to clone from,
    or the name itself."""
    if not isinstance(value, str):
        return value
    name = value.strip()
    if "://" in name:
        owner_and_name = urlsplit(name).path.strip("/").split("/")[:2]
        name = "/".join(owner_and_name)
    elif name.startswith("git@"):
        name = name.partition(":")[2]
    return name.removesuffix(".git")


def _checked_repository(name: str) -> str:
    if not re.fullmatch(REPOSITORY_PATTERN, name):
        raise ValueError("should be owner/name, such as acme/app, or the repository's address")
    return name


def project_key(value: object) -> object:
    """The key of a Jira project in capitals, also of an address of the project or an issue."""
    if not isinstance(value, str):
        return value
    in_address = _PROJECT_IN_ADDRESS.search(value) if "://" in value else None
    return (in_address[1] if in_address else value.strip()).upper()


def _checked_project(key: str) -> str:
    if not _PROJECT_KEY.fullmatch(key):
        raise ValueError(
            "should be the project's key, such as APP: letters, digits and underscores, the part "
            "of an issue's number before the hyphen"
        )
    return key


def project_path(value: object) -> object:
    """``group/project``, with any groups between, of a project's address or of its path; a number
    is its id."""
    if not isinstance(value, str):
        return value
    path = value.strip()
    if "://" in path:
        path = urlsplit(path).path.partition("/-/")[0]
    elif path.startswith("git@"):
        path = path.partition(":")[2]
    return path.strip("/").removesuffix(".git")


def _checked_path(path: str) -> str:
    if not _PROJECT_PATH.fullmatch(path) or ".." in path:
        raise ValueError(
            "should be the project's path, such as acme/app or acme/mobile/app, its id, or its "
            "address"
        )
    return path


def tracker_address(value: object) -> object:
    """A web address without a slash at the end; ``https://`` may be left out."""
    if not isinstance(value, str):
        return value
    address = value.strip().rstrip("/")
    if address and "://" not in address and "." in address.partition("/")[0]:
        return f"https://{address}"
    return address


def _checked_address(address: str) -> str:
    if not address:
        return address
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or any(map(str.isspace, address)):
        raise ValueError("should be a web address, such as https://acme.example.com")
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "must not hold a user or a password: leave them out and give them as credentials, "
            "which are kept encrypted"
        )
    if "?" in address or "#" in address:
        raise ValueError("should end before the question mark or the hash sign")
    return address


def _given(address: str) -> str:
    if not address:
        raise ValueError("is missing")
    return address


Repository = Annotated[str, BeforeValidator(repository_name), AfterValidator(_checked_repository)]
ProjectKey = Annotated[str, BeforeValidator(project_key), AfterValidator(_checked_project)]
ProjectPath = Annotated[str, BeforeValidator(project_path), AfterValidator(_checked_path)]
OptionalAddress = Annotated[str, BeforeValidator(tracker_address), AfterValidator(_checked_address)]
Address = Annotated[OptionalAddress, AfterValidator(_given)]
