"""The official Python MCP client against `atmos-mcp demo`, from sign-in to revocation.

Run it with scripts/python-client.sh. Prints a line per step; stops at the first that fails.
"""

from __future__ import annotations

import collections
import contextlib
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from consent_bot import ConsentBot, Redirect

if sys.version_info < (3, 11):
    # anyio brings it.
    from exceptiongroup import BaseExceptionGroup

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "atmos-mcp"

# The first start compiles the components, which an unoptimised build does slowly.
START_SECONDS = 180
WHOLE_SECONDS = 300
CALL_SECONDS = 30
LOG_LINES = 60

REDIRECT_URI = "http://localhost:43117/callback"

# What the default scopes, which are every read, can call.
POLICY = (ROOT / "tools/policy.toml").read_text()
TOOLS = sorted(
    name
    for name, permission in re.findall(r'^\[(\w+)\]\npermission = "(.+)"$', POLICY, re.MULTILINE)
    if permission != "ws:workspace:update_settings"
)
EXAMPLES = json.loads((ROOT / "docs/tool-examples.json").read_text())
MODERN = "2026-07-28"
LEGACY = "2025-11-25"
CLI_USER_AGENT = "atmos/1.220.0 (linux; amd64)"


class Failure(Exception):
    """A check that did not hold."""


def check(holds: object, message: str) -> None:
    if not holds:
        raise Failure(message)


def equal(actual: object, expected: object, what: str) -> None:
    check(actual == expected, f"{what} is {actual!r}, expected {expected!r}")


class Steps:
    """Prints a line per step and counts them."""

    def __init__(self) -> None:
        self.passed = 0

    @contextlib.contextmanager
    def __call__(self, text: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        except BaseException:
            print(f"FAIL {text}", flush=True)
            raise
        self.passed += 1
        print(f"  ok {text} ({time.monotonic() - started:.2f} s)", flush=True)


class Server:
    """`atmos-mcp demo` in a folder of its own."""

    def __init__(self, data: str) -> None:
        self.data = data
        self.url = ""
        self.log: collections.deque[str] = collections.deque(maxlen=LOG_LINES)
        self._ready = threading.Event()
        self._process = subprocess.Popen(
            [BINARY, "demo", "--listen", "127.0.0.1:0", "--data", data],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        # A daemon that reads to the end: the server must never wait for a full pipe.
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.log.append(line.rstrip("\n"))
            if line.startswith("MCP URL: "):
                self.url = line.removeprefix("MCP URL: ").strip()
                self._ready.set()
        self._ready.set()

    def wait_until_ready(self) -> None:
        check(self._ready.wait(START_SECONDS), f"no `MCP URL: ` line after {START_SECONDS} s")
        check(self.url, f"the server ended with exit code {self._process.poll()} before it was ready")

    def run(self, *arguments: str) -> str:
        """Runs a command of the same binary on the same data; returns the last line of its output."""
        command = [BINARY, *arguments, "--data", self.data]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        check(done.returncode == 0, f"`atmos-mcp {' '.join(arguments)}` failed: {done.stderr.strip()}")
        lines = done.stdout.strip().splitlines()
        check(lines, f"`atmos-mcp {' '.join(arguments)}` printed nothing")
        return lines[-1].strip()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


class Storage:
    """The client's storage of tokens, in memory; remembers every token that it was given."""

    def __init__(self) -> None:
        self.history: list[OAuthToken] = []
        self.client: OAuthClientInformationFull | None = None

    @property
    def tokens(self) -> OAuthToken:
        return self.history[-1]

    async def get_tokens(self) -> OAuthToken | None:
        return self.history[-1] if self.history else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.history.append(tokens)

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class Agent:
    """An MCP client of a person who signs in through the scripted browser."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.storage = Storage()
        self.redirects: list[Redirect] = []
        metadata = OAuthClientMetadata(
            client_name="Python client test",
            redirect_uris=[AnyUrl(REDIRECT_URI)],
            token_endpoint_auth_method="none",
        )
        self.provider = OAuthClientProvider(url, metadata, self.storage, self._open_browser, self._callback)
        self.http = httpx2.AsyncClient(auth=self.provider, timeout=CALL_SECONDS, trust_env=False)

    async def _open_browser(self, authorize_url: str) -> None:
        self.redirects.append(await ConsentBot(REDIRECT_URI).authorize(authorize_url))

    async def _callback(self) -> AuthorizationCodeResult:
        parameters = self.redirects[-1].parameters
        return AuthorizationCodeResult(
            code=parameters.get("code", ""), state=parameters.get("state"), iss=parameters.get("iss")
        )

    @contextlib.asynccontextmanager
    async def connect(self, mode: str = "auto") -> AsyncIterator[Client]:
        transport = streamable_http_client(self.url, http_client=self.http)
        async with Client(transport, mode=mode, read_timeout_seconds=CALL_SECONDS, cache=None) as client:
            yield client


async def call(client: Client, tool: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
    """Calls a tool; its text must be the JSON of its structured content."""
    result = await client.call_tool(tool, arguments or {})
    texts = [block.text for block in result.content if block.type == "text"]
    check(not result.is_error, f"{tool} answers an error: {texts}")
    equal(len(result.content), 1, f"the number of content blocks of {tool}")
    check(isinstance(result.structured_content, dict), f"{tool} has no structured content")
    equal(json.loads(texts[0]), result.structured_content, f"the text of {tool}")
    return result.structured_content


async def pages(client: Client, tool: str, arguments: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    """All rows of a list, page by page."""
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await call(client, tool, {**arguments, "limit": limit, **cursor})
        check(len(page["items"]) <= limit, f"{tool} gives {len(page['items'])} rows, but `limit` is {limit}")
        rows += page["items"]
        if not page["nextCursor"]:
            return rows
        check(page["items"], f"{tool} gives a cursor, but no row")
        cursor = {"cursor": page["nextCursor"]}
        check(len(rows) < 100_000, f"paging {tool} does not end")


class Scenario:
    """The steps, in order; each builds on those before."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.step = Steps()
        self.agent = Agent(server.url)
        self.raw = httpx2.AsyncClient(timeout=CALL_SECONDS, trust_env=False, follow_redirects=False)

    async def run(self) -> None:
        async with self.raw, self.agent.http:
            await self.unauthenticated()
            with self.step("signs in by itself: discovery, registration, consent, token"):
                async with self.agent.connect() as client:
                    self.signed_in(client)
            async with self.agent.connect() as client:
                await self.tools(client)
                await self.calls(client)
                await self.examples(client)
                await self.paging(client)
                await self.refusals(client)
                await self.upload(client)
            await self.legacy()
            await self.refresh()
            await self.revoke()

    async def post(self, token: str | None) -> httpx2.Response:
        """A plain `tools/list` in the legacy form, which needs no more headers than these."""
        headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": LEGACY}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        return await self.raw.post(self.server.url, headers=headers, json=body)

    async def unauthenticated(self) -> None:
        with self.step("a call without token is challenged, and says where to sign in"):
            response = await self.post(None)
            equal(response.status_code, 401, "the status")
            challenge = response.headers.get("www-authenticate", "")
            document = f"{self.server.origin}/.well-known/oauth-protected-resource/mcp"
            check(challenge.startswith("Bearer ") and document in challenge, f"the challenge is {challenge!r}")

    def signed_in(self, client: Client) -> None:
        equal(client.protocol_version, MODERN, "the protocol version")
        equal(len(self.agent.redirects), 1, "the number of sign-ins")
        equal(self.agent.redirects[0].parameters.get("iss"), self.server.origin, "`iss` of the redirect")
        tokens = self.agent.storage.tokens
        check(tokens.refresh_token, "there is no refresh token")
        check(tokens.expires_in and 0 < tokens.expires_in <= 3600, f"the token lives {tokens.expires_in} s")
        check("ws:workspace:read" in (tokens.scope or "").split(), f"the scope is {tokens.scope!r}")

    async def tools(self, client: Client) -> None:
        with self.step(f"lists the {len(TOOLS)} tools, read-only, with schemas"):
            result = await client.list_tools()
            equal(sorted(tool.name for tool in result.tools), TOOLS, "the list of tools")
            for tool in result.tools:
                check(tool.annotations and tool.annotations.read_only_hint, f"{tool.name} is not marked read-only")
                equal(tool.input_schema.get("type"), "object", f"the input schema of {tool.name}")
                check(tool.description, f"{tool.name} has no description")

    async def calls(self, client: Client) -> None:
        with self.step("get_workspace: acme, with hundreds of instances"):
            workspace = await call(client, "get_workspace")
            equal(workspace["slug"], "acme", "the workspace")
            check(workspace["instanceCount"] >= 100, f"there are only {workspace['instanceCount']} instances")
            self.instance_count = workspace["instanceCount"]
        with self.step("list_my_permissions: the Owner's role"):
            permissions = await call(client, "list_my_permissions")
            equal(permissions["role"], "owner", "the role")
            check("ws:workspace:read" in permissions["effective"], f"effective is {permissions['effective']}")
        with self.step("list_repos, then get_repo with its first row"):
            repo = (await call(client, "list_repos"))["items"][0]
            details = await call(client, "get_repo", {"owner": repo["owner"], "repo": repo["name"]})
            equal((details["id"], details["instanceCount"]), (repo["id"], repo["instanceCount"]), "the repository")
        with self.step("list_instances, then get_instance with its first row"):
            instance = (await call(client, "list_instances"))["items"][0]
            details = await call(client, "get_instance", {"id": instance["id"]})
            for name, value in instance.items():
                equal(details[name], value, f"`{name}` of the instance")

    async def examples(self, client: Client) -> None:
        examples = {name: EXAMPLES[name] for name in TOOLS if "…" not in str(EXAMPLES[name])}
        with self.step(f"{len(examples)} examples of the documentation work"):
            requests = (await call(client, "list_pull_requests", {"repo": "acme/infrastructure"}))["items"]
            examples["get_pull_request"]["number"] = requests[0]["number"]
            for name, arguments in examples.items():
                check(isinstance(await call(client, name, arguments), dict), f"{name} gives no object")

    async def paging(self, client: Client) -> None:
        with self.step("paging visits every instance once, whatever the page size"):
            for limit in (37, 100):
                ids = [row["id"] for row in await pages(client, "list_instances", {}, limit)]
                equal(len(ids), len(set(ids)), f"the number of different rows with limit {limit}")
                equal(len(ids), self.instance_count, f"the number of rows with limit {limit}")
        with self.step("a filter and its cursor: drifted instances only"):
            rows = await pages(client, "list_instances", {"statusFilter": ["drifted"]}, 5)
            equal({row["status"] for row in rows}, {"drifted"}, "the statuses")

    async def refusals(self, client: Client) -> None:
        with self.step("an unknown argument is an error that names it"):
            result = await client.call_tool("list_repos", {"stauts": "active"})
            check(result.is_error, "the result is no error")
            text = " ".join(block.text for block in result.content if block.type == "text")
            check("stauts" in text and "status" in text, f"the error says: {text}")
        with self.step("a row that is not there is an error that says how to find one"):
            result = await client.call_tool("get_repo", {"owner": "nobody", "repo": "nothing"})
            text = " ".join(block.text for block in result.content if block.type == "text")
            check(result.is_error and "list_repos" in text, f"the answer says: {text}")

    async def upload(self, client: Client) -> None:
        with self.step("makes a workspace token on the command line"):
            token = self.server.run("token", "create", "--workspace", "acme", "--name", "ci")
            check(len(token) >= 32 and token.isascii() and " " not in token, "the last line is not a token")
        with self.step("uploads what the atmos CLI publishes as its request; the instance is there"):
            await self.post_instances(token, settings=None)
            instance = await self.uploaded(client)
            equal((instance["repo"], instance["componentType"]), ("org/repo", "terraform"), "the instance")
            equal(instance["driftEnabled"], False, "`driftEnabled`")
        with self.step("a second upload, with settings, changes the same instance"):
            await self.post_instances(token, settings={"pro": {"drift_detection": {"enabled": True}, "enabled": True}})
            changed = await self.uploaded(client)
            equal(changed["id"], instance["id"], "the id")
            equal((changed["enabled"], changed["driftEnabled"]), (True, True), "`enabled` and `driftEnabled`")
        with self.step("a workspace token is no MCP token, and the other way round"):
            equal((await self.post(token)).status_code, 401, "the status of /mcp with the workspace token")
            response = await self.send_instances(self.agent.storage.tokens.access_token, None)
            check(response.status_code in {401, 403}, f"an MCP token uploads: {response.status_code}")

    async def send_instances(self, token: str, settings: dict[str, Any] | None) -> httpx2.Response:
        instance: dict[str, Any] = {"component": "vpc", "stack": "dev-us-east-1", "component_type": "terraform"}
        if settings is not None:
            instance["settings"] = settings
        body = {
            "repo_url": "https://github.com/org/repo",
            "repo_name": "repo",
            "repo_owner": "org",
            "repo_host": "github.com",
            "instances": [instance],
        }
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": CLI_USER_AGENT,
            "Accept-Encoding": "gzip",
        }
        # Go writes JSON without spaces.
        content = json.dumps(body, separators=(",", ":"))
        return await self.raw.post(f"{self.server.origin}/api/v1/instances", headers=headers, content=content)

    async def post_instances(self, token: str, settings: dict[str, Any] | None) -> None:
        response = await self.send_instances(token, settings)
        equal(response.status_code, 200, f"the status of the upload ({response.text[:300]})")
        envelope = response.json()
        equal(envelope.get("success"), True, "`success`")
        # The CLI cannot decode an envelope whose fields have other types.
        types = {"request": str, "status": int, "context": dict, "traceId": str, "data": (dict, type(None))}
        for name, expected in types.items():
            if name in envelope:
                check(isinstance(envelope[name], expected), f"`{name}` of the envelope is {envelope[name]!r}")

    async def uploaded(self, client: Client) -> dict[str, Any]:
        arguments = {"repo": "org/repo", "stack": "dev-us-east-1", "component": "vpc"}
        rows = (await call(client, "list_instances", arguments))["items"]
        equal(len(rows), 1, "the number of instances vpc in dev-us-east-1 of org/repo")
        return rows[0]

    async def legacy(self) -> None:
        with self.step("the same token works with the handshake of 2025"):
            async with self.agent.connect("legacy") as client:
                equal(client.protocol_version, LEGACY, "the protocol version")
                equal(sorted(tool.name for tool in (await client.list_tools()).tools), TOOLS, "the list of tools")
                await call(client, "get_workspace")

    async def refresh(self) -> None:
        with self.step("the client refreshes an expired token by itself, without a new sign-in"):
            before = self.agent.storage.tokens
            self.agent.provider.context.token_expiry_time = time.time() - 1
            async with self.agent.connect() as client:
                await call(client, "get_workspace")
            after = self.agent.storage.tokens
            check(after.access_token != before.access_token, "the access token is the same as before")
            check(after.refresh_token != before.refresh_token, "the refresh token was not rotated")
            equal(after.scope, before.scope, "the scope")
            equal(len(self.agent.redirects), 1, "the number of sign-ins")

    async def revoke(self) -> None:
        storage = self.agent.storage
        client_id = storage.client.client_id if storage.client else ""
        with self.step("revokes the refresh token, and with it the whole grant"):
            equal((await self.post(storage.tokens.access_token)).status_code, 200, "the status before revocation")
            metadata = self.agent.provider.context.oauth_metadata
            endpoint = str(metadata.revocation_endpoint) if metadata else ""
            equal(endpoint, f"{self.server.origin}/oauth/revoke", "the revocation endpoint")
            form = {
                "token": storage.tokens.refresh_token,
                "token_type_hint": "refresh_token",
                "client_id": client_id,
            }
            equal((await self.raw.post(endpoint, data=form)).status_code, 200, "the status of the revocation")
        with self.step("every access token of the grant is refused on the next call"):
            for tokens in storage.history:
                response = await self.post(tokens.access_token)
                equal(response.status_code, 401, "the status")
                challenge = response.headers.get("www-authenticate", "")
                check('error="invalid_token"' in challenge, f"the challenge is {challenge!r}")
        with self.step("the refresh token is refused, too"):
            form = {
                "grant_type": "refresh_token",
                "refresh_token": storage.tokens.refresh_token,
                "client_id": client_id,
            }
            response = await self.raw.post(f"{self.server.origin}/oauth/token", data=form)
            equal(response.status_code, 400, "the status")
            equal(response.json().get("error"), "invalid_grant", "`error`")


def causes(error: BaseException) -> list[str]:
    """What went wrong, without the groups that the client's tasks wrap it in."""
    if isinstance(error, BaseExceptionGroup):
        return [cause for inner in error.exceptions for cause in causes(inner)]
    text = str(error) if isinstance(error, Failure) else f"{type(error).__name__}: {error}"
    return [text, *(causes(error.__cause__) if error.__cause__ else [])]


async def run(scenario: Scenario) -> None:
    with anyio.fail_after(WHOLE_SECONDS):
        await scenario.run()


def main() -> int:
    if not BINARY.is_file():
        print(f"{BINARY} is missing; scripts/python-client.sh builds it")
        return 1
    # The client logs the exceptions that it raises; they are printed once, below.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="atmos-mcp-client-") as data:
        server = Server(data)
        passed = 0
        try:
            server.wait_until_ready()
            print(f"     {server.url}", flush=True)
            scenario = Scenario(server)
            try:
                anyio.run(run, scenario)
            finally:
                passed = scenario.step.passed
        except (Exception, BaseExceptionGroup) as error:
            for cause in causes(error):
                print(f"     {cause}")
            print(f"--- the last lines of the server's log\n{chr(10).join(server.log)}\n---")
            print(f"{passed} passed, 1 failed")
            return 1
        finally:
            server.stop()
    print(f"{passed} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
