"""The sandbox tracker by itself: its state file, its pages, its queries and its faults."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from integrations.sandbox.faults import Fault, Faults
from integrations.sandbox.jira.jql import BadQuery, select
from integrations.sandbox.server import SandboxServer
from integrations.sandbox.state import SandboxState, Settings

AUTH = {"Authorization": "Bearer any"}
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) "
    "![y](https://evil.example/y.png)"
)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture
def web(server: SandboxServer) -> Iterator[httpx.Client]:
    server.state.configure(Settings())
    server.state.reset()
    with httpx.Client(base_url=server.url, headers=AUTH) as client:
        yield client


def make_issue(web: httpx.Client, **fields: object) -> httpx.Response:
    return web.post("/repos/acme/app/issues", json={"title": "A title", "body": "Words", **fields})


def make_jira(web: httpx.Client, version: str = "3", **fields: object) -> httpx.Response:
    basic = {
        "project": {"key": "APP"},
        "issuetype": {"name": "Bug"},
        "summary": "A title",
        **fields,
    }
    return web.post(f"/rest/api/{version}/issue", json={"fields": basic})


def test_tickets_survive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "sandbox.json"
    with (
        SandboxServer(state_file=file) as first,
        httpx.Client(base_url=first.url, headers=AUTH) as web,
    ):
        issue, jira_issue = make_issue(web).json(), make_jira(web).json()
    assert [path.name for path in file.parent.iterdir()] == ["sandbox.json"]
    with (
        SandboxServer(state_file=file) as second,
        httpx.Client(base_url=second.url, headers=AUTH) as web,
    ):
        read_issue = web.get(f"/repos/acme/app/issues/{issue['number']}").json()
        read_jira = web.get(f"/rest/api/3/issue/{jira_issue['key']}").json()
        assert read_issue["title"] == "A title"
        assert read_jira["fields"]["summary"] == "A title"
        new_issue = make_issue(web).json()
        assert new_issue["id"] not in (issue["id"], int(jira_issue["id"]))
        assert new_issue["number"] == issue["number"] + 1


def test_state_file_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sandbox.json").write_text("[]")
    with pytest.raises(ValueError, match="Saved"):
        SandboxState().load(tmp_path / "sandbox.json")


HOSTILE_ADF = {
    "type": "doc",
    "version": 1,
    "content": [
        {
            "type": "paragraph",
            "content": [
                {
                    "type": "text",
                    "text": HOSTILE,
                    "marks": [{"type": "link", "attrs": {"href": "javascript:alert(1)"}}],
                }
            ],
        }
    ],
}
HOSTILE_WIKI = HOSTILE + "\n{noformat}\n<b>x</b>\n{noformat}\n[a|javascript:b]"


def hostile_markdown_ticket(web: httpx.Client) -> str:
    issue = make_issue(web, title=HOSTILE, body=HOSTILE, labels=["<b>label"]).json()
    return f"acme/app/{issue['number']}"


def hostile_wiki_ticket(web: httpx.Client) -> str:
    return str(
        make_jira(web, version="2", description=HOSTILE_WIKI, summary=HOSTILE[:200]).json()["key"]
    )


def hostile_adf_ticket(web: httpx.Client) -> str:
    return str(make_jira(web, description=HOSTILE_ADF, summary=HOSTILE[:200]).json()["key"])


@pytest.mark.parametrize(
    "make_ticket", [hostile_markdown_ticket, hostile_wiki_ticket, hostile_adf_ticket]
)
def test_pages_show_hostile_text_as_text(
    web: httpx.Client, make_ticket: Callable[[httpx.Client], str]
) -> None:
    slug = make_ticket(web)
    for path in ("/", f"/tickets/{slug}"):
        page = web.get(path)
        assert page.status_code == 200
        assert "alert(1)" in page.text, "the words are there"
        for active in ("<script", "<img", "onerror=alert(1)>", 'href="javascript', "<b>"):
            assert active not in page.text
        head = page.text.partition("<main>")[0]
        assert "http://" not in head.replace("https://evil.example", "")


def test_pages_permit_no_script(web: httpx.Client) -> None:
    policy = web.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy


def test_empty_page_and_missing_ticket_say_what_to_do(web: httpx.Client) -> None:
    assert "Nothing has arrived yet" in web.get("/").text
    assert web.get("/tickets/APP-9").status_code == 404
    assert web.get("/static/sandbox.css").status_code == 200


def test_buttons_move_a_ticket_and_other_sites_cannot(web: httpx.Client) -> None:
    key = make_jira(web).json()["key"]
    assert (
        web.post(f"/tickets/{key}", data={"action": "close"}).headers["location"]
        == f"/tickets/{key}"
    )
    assert web.get(f"/rest/api/3/issue/{key}").json()["fields"]["status"]["name"] == "Done"
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert (
            web.post(f"/tickets/{key}", data={"action": "reopen"}, headers=headers).status_code
            == 403
        )
    assert web.post(f"/tickets/{key}", data={"action": "explode"}).status_code == 422
    assert web.get(f"/rest/api/3/issue/{key}").json()["fields"]["status"]["name"] == "Done"


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("", 401),
        ("Bearer", 401),
        ("Basic !", 401),
        ("Bearer right", 201),
        ("Basic YTpyaWdodA==", 201),
        ("Bearer x", 401),
    ],
)
def test_required_token(
    web: httpx.Client, server: SandboxServer, authorization: str, status: int
) -> None:
    server.state.configure(Settings(require_token="right"))
    answer = web.post(
        "/repos/a/b/issues", json={"title": "t"}, headers={"Authorization": authorization}
    )
    assert answer.status_code == status


def test_credentials_are_not_kept(web: httpx.Client) -> None:
    make_issue(web)
    requests = web.get("/_sandbox/requests").json()
    assert requests[0]["headers"]["authorization"] == "Bearer ***"
    assert "any" not in json.dumps(requests[0]["headers"])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 257}, "title"),
        ({"body": "x" * 65_537}, "body"),
        ({"labels": "a"}, "labels"),
        ({"labels": ["x" * 51]}, "labels"),
    ],
)
def test_github_refuses_what_github_refuses(
    web: httpx.Client, fields: dict[str, object], field: str
) -> None:
    answer = make_issue(web, **fields)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("version", "fields", "field"),
    [
        ("3", {"summary": "a\nb"}, "summary"),
        ("3", {"summary": "x" * 256}, "summary"),
        ("3", {"description": "text"}, "description"),
        ("2", {"description": {"type": "doc"}}, "description"),
        ("2", {"description": "x" * 32_768}, "description"),
        ("3", {"labels": ["a b"]}, "labels"),
        ("3", {"issuetype": {"name": "Wish"}}, "issuetype"),
        ("3", {"project": {}}, "project"),
    ],
)
def test_jira_refuses_what_jira_refuses(
    web: httpx.Client, version: str, fields: dict[str, object], field: str
) -> None:
    answer = make_jira(web, version, **fields)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_not_json_is_an_answer_and_no_crash(web: httpx.Client) -> None:
    for path in ("/repos/a/b/issues", "/rest/api/3/issue", "/rest/api/2/issue"):
        assert web.post(path, content=b"\xff{").status_code == 400
    assert web.post("/repos/a/b/issues", content=b"x" * 3_000_000).status_code == 413


def test_cloud_search_pages_by_token_and_wants_a_restriction(web: httpx.Client) -> None:
    keys = [make_jira(web, labels=["x"]).json()["key"] for _ in range(5)]
    pages: list[list[str]] = []
    query = {"jql": "labels = x ORDER BY created ASC", "maxResults": "2", "fields": "summary"}
    token = ""
    while True:
        page = web.get("/rest/api/3/search/jql", params={**query, "nextPageToken": token}).json()
        pages.append([issue["key"] for issue in page["issues"]])
        if page["isLast"]:
            break
        token = page["nextPageToken"]
    assert pages == [keys[:2], keys[2:4], keys[4:]]
    bare = web.get("/rest/api/3/search/jql", params={"jql": "labels = x"}).json()["issues"][0]
    assert list(bare) == ["id"]
    assert web.get("/rest/api/3/search/jql", params={"jql": "ORDER BY created"}).status_code == 400
    assert web.get("/rest/api/2/search", params={"jql": ""}).json()["total"] == 5
    assert web.get("/rest/api/3/search", params={"jql": "labels = x"}).status_code == 410


def test_remote_link_upserts_on_its_global_id(web: httpx.Client) -> None:
    key = make_jira(web).json()["key"]
    link = {"globalId": "relay-1", "object": {"url": "https://a.example", "title": "A"}}
    first = web.post(f"/rest/api/3/issue/{key}/remotelink", json=link)
    second = web.post(f"/rest/api/3/issue/{key}/remotelink", json=link)
    assert (first.status_code, second.status_code) == (201, 200)
    assert len(web.get(f"/rest/api/3/issue/{key}/remotelink").json()) == 1


def test_lag_hides_from_search_until_it_is_over() -> None:
    now = [NOW]
    state = SandboxState(clock=lambda: now[0], settings=Settings(search_lag=5))
    state.create("jira", "APP", title="a", status="To Do")
    assert state.searchable("jira") == []
    now[0] += timedelta(seconds=5)
    assert len(state.searchable("jira")) == 1


@pytest.mark.parametrize(
    ("jql", "count"),
    [
        ('labels = "relay-1"', 1),
        ("project = APP AND labels in (relay-1, relay-2)", 2),
        ("project != APP", 1),
        ('status = "To Do" and project = APP', 2),
        ("key = APP-1", 1),
        ("labels not in (relay-1)", 2),
        ("created >= 2026-01-01", 3),
        ("created < '2026-01-01'", 0),
        ('summary ~ "dark"', 1),
        ("project = APP ORDER BY key", 2),
    ],
)
def test_jql(jql: str, count: int) -> None:
    state = SandboxState(clock=lambda: NOW)
    state.create("jira", "APP", title="Dark mode", status="To Do", labels=["relay-1"])
    state.create("jira", "APP", title="Login", status="To Do", labels=["relay-2"])
    state.create("jira", "WEB", title="Crash", status="Done")
    assert len(select(list(state.live()), jql, bounded=True)) == count


@pytest.mark.parametrize(
    "jql",
    ["nonsense = 1", "labels", "a b c", "labels = x OR labels = y", "created > soon", "(", ""],
)
def test_jql_that_is_not_understood_is_refused(jql: str) -> None:
    with pytest.raises(BadQuery):
        select([], jql, bounded=True)


def test_limit_lets_requests_through_again_when_time_has_passed() -> None:
    now = [NOW]
    faults = Faults(lambda: now[0])
    faults.add(Fault(mode="limit", requests=2, per=1.0))
    assert [faults.take("POST", "/x") is None for _ in range(3)] == [True, True, False]
    now[0] += timedelta(seconds=1)
    assert faults.take("POST", "/x") is None


def test_faults_fit_by_method_and_path_and_are_used_up() -> None:
    faults = Faults(lambda: NOW)
    faults.add(Fault(mode="status", status=500, method="post", path="/repos/*/issues", count=2))
    faults.add(Fault(mode="status", status=404, count=None, method="DELETE"))
    assert faults.take("GET", "/repos/a/b/issues") is None
    assert faults.take("POST", "/rest/api/3/issue") is None
    assert [bool(faults.take("POST", "/repos/a/b/issues")) for _ in range(3)] == [True, True, False]
    assert all(faults.take("DELETE", "/anything") for _ in range(5))
