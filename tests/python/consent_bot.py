"""A scripted browser: follows an authorize URL to the redirect that carries the code.

It knows nothing of the server's pages but what a person sees: a way to continue as somebody with a given
role, and a button that says "Allow". Forms are read from the HTML as a browser reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx2

MAX_STEPS = 12


class BotError(Exception):
    """The pages did not lead to the redirect; the text says at which one."""


@dataclass
class Control:
    """A form control, as far as it matters for submitting."""

    kind: str
    name: str
    value: str
    identity: str = ""
    checked: bool = False
    label: str = ""


@dataclass
class Form:
    """A form with its controls in document order."""

    action: str
    method: str
    controls: list[Control] = field(default_factory=list)
    text: str = ""

    def buttons(self) -> list[Control]:
        return [control for control in self.controls if control.kind == "submit"]

    def entries(self, button: Control | None) -> list[tuple[str, str]]:
        """What a browser sends if this button is pressed."""
        groups = {control.name for control in self.controls if control.kind == "radio" and control.checked}
        entries = []
        for control in self.controls:
            if not control.name or (control.kind == "submit" and control is not button):
                continue
            if control.kind == "checkbox" and not control.checked:
                continue
            if control.kind == "radio" and not control.checked:
                # A person has to choose one of a group without default; the first will do.
                if control.name in groups:
                    continue
                groups.add(control.name)
            entries.append((control.name, control.value))
        return entries


class FormParser(HTMLParser):
    """Collects the forms of a page."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url = url
        self.forms: list[Form] = []
        self.text: list[str] = []
        self._form: Form | None = None
        # Controls whose text is being read: a button, a textarea, an option; and those inside a label.
        self._reading: Control | None = None
        self._select: tuple[str, list[Control]] | None = None
        self._label: tuple[str, list[Control], list[str]] | None = None
        self._labels_for: dict[str, str] = {}

    @classmethod
    def parse(cls, html: str, url: str) -> FormParser:
        parser = cls(url)
        parser.feed(html)
        parser.close()
        for form in parser.forms:
            for control in form.controls:
                label = parser._labels_for.get(control.identity, "")
                control.label = " ".join(f"{control.label} {label}".split())
        return parser

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(urljoin(self.url, values.get("action", "")), values.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "label":
            self._label = (values.get("for", ""), [], [])
        elif tag == "input":
            self._input(values)
        elif tag == "button":
            kind = values.get("type", "submit").lower()
            self._reading = self._add(values, "submit" if kind == "submit" else kind, values.get("value", ""))
            if self._reading:
                self._reading.label = values.get("aria-label", "")
        elif tag == "textarea":
            self._reading = self._add(values, "textarea", "")
        elif tag == "select":
            self._select = (values.get("name", ""), [])
        elif tag == "option" and self._select:
            option = Control("option", "", values.get("value", ""), checked="selected" in values)
            self._select[1].append(option)
            # Without a value, an option stands for its text.
            self._reading = option if "value" not in values else None

    def _input(self, values: dict[str, str]) -> None:
        kind = values.get("type", "text").lower()
        if kind in {"button", "reset", "file", "image"}:
            return
        value = values.get("value", "on" if kind in {"checkbox", "radio"} else "")
        control = self._add(values, kind, value)
        if control:
            control.checked = "checked" in values
            control.label = values.get("aria-label", "")
            if kind == "submit":
                control.label += " " + value

    def _add(self, values: dict[str, str], kind: str, value: str) -> Control | None:
        if self._form is None or "disabled" in values:
            return None
        control = Control(kind, values.get("name", ""), value, values.get("id", ""))
        self._form.controls.append(control)
        if self._label:
            self._label[1].append(control)
        return control

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in {"button", "textarea", "option"}:
            self._reading = None
        elif tag == "label" and self._label:
            target, controls, words = self._label
            text = " ".join("".join(words).split())
            for control in controls:
                control.label = f"{control.label} {text}"
            if target:
                self._labels_for[target] = text
            self._label = None
        elif tag == "select" and self._select:
            name, options = self._select
            self._select = self._reading = None
            chosen = [option for option in options if option.checked] or options[:1]
            if self._form is not None and chosen:
                self._form.controls.append(Control("select", name, chosen[-1].value.strip()))

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._form is not None:
            self._form.text += data
        if self._label:
            self._label[2].append(data)
        if self._reading is None:
            return
        if self._reading.kind in {"textarea", "option"}:
            self._reading.value += data
        else:
            self._reading.label += data


@dataclass
class Redirect:
    """The redirect to the client: where to, and its parameters."""

    url: str
    parameters: dict[str, str]


class ConsentBot:
    """Signs in as the person with `role` and allows what is asked."""

    def __init__(self, redirect_uri: str, role: str = "Owner") -> None:
        self.redirect_uri = redirect_uri
        self.role = role
        self.visited: list[str] = []

    async def authorize(self, url: str) -> Redirect:
        """Follows the authorize URL; returns the redirect to `redirect_uri`."""
        # `trust_env` off: a proxy of the environment has no business on loopback. The cookie jar keeps
        # `Secure` cookies to itself on plain http, as Safari does even on loopback.
        async with httpx2.AsyncClient(follow_redirects=False, timeout=30, trust_env=False) as browser:
            origin = _origin(url)
            response = await self._get(browser, url)
            for _ in range(MAX_STEPS):
                location = response.headers.get("location")
                if response.is_redirect and location:
                    target = urljoin(str(response.request.url), location)
                    if self._is_callback(target):
                        return self._redirect(response, target)
                    if _origin(target) != origin:
                        raise BotError(f"{response.request.url} redirects to another origin: {target}")
                    response = await self._get(browser, target)
                    continue
                response = await self._submit(browser, response, origin)
            raise BotError(f"no redirect to the client after {MAX_STEPS} steps: {' -> '.join(self.visited)}")

    def _is_callback(self, url: str) -> bool:
        ours, theirs = urlsplit(self.redirect_uri), urlsplit(url)
        return (ours.scheme, ours.netloc, ours.path) == (theirs.scheme, theirs.netloc, theirs.path)

    def _redirect(self, response: httpx2.Response, url: str) -> Redirect:
        if response.request.method == "POST" and response.status_code not in {302, 303}:
            # 307 and 308 would post the form of the consent page to the client.
            raise BotError(f"the redirect to the client has status {response.status_code}, not 303")
        parameters = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        if "error" in parameters:
            raise BotError(f"{parameters['error']}: {parameters.get('error_description', '')}")
        return Redirect(url, parameters)

    async def _get(self, browser: httpx2.AsyncClient, url: str) -> httpx2.Response:
        self.visited.append(f"GET {urlsplit(url).path}")
        return await browser.get(url, headers={"Accept": "text/html", "Sec-Fetch-Mode": "navigate"})

    async def _submit(self, browser: httpx2.AsyncClient, page: httpx2.Response, origin: str) -> httpx2.Response:
        url = str(page.request.url)
        parser = FormParser.parse(page.text, url)
        if page.status_code != 200:
            raise BotError(f"{url} answers {page.status_code}: {_words(parser)}")
        form, button = self._choose(parser, url)
        if _origin(form.action) != origin:
            raise BotError(f"the form of {url} posts to another origin: {form.action}")
        entries = form.entries(button)
        if form.method != "post":
            return await self._get(browser, f"{form.action}?{urlencode(entries)}")
        self.visited.append(f"POST {urlsplit(form.action).path}")
        # A browser that keeps its referrer to itself hides the origin of a form, too.
        hidden = page.headers.get("referrer-policy", "").strip() == "no-referrer"
        headers = {
            "Accept": "text/html",
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": "null" if hidden else origin,
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Site": "same-origin",
        }
        return await browser.post(form.action, content=urlencode(entries), headers=headers)

    def _choose(self, parser: FormParser, url: str) -> tuple[Form, Control]:
        pressed = [(form, button) for form in parser.forms for button in form.buttons()]
        for form, button in pressed:
            if re.search(r"\ballow\b", button.label, re.IGNORECASE):
                return form, button
        role = re.compile(rf"\b{re.escape(self.role)}\b", re.IGNORECASE)
        for form, button in pressed:
            if role.search(f"{button.label} {button.value}"):
                return form, button
        for form, button in pressed:
            for radio in form.controls:
                if radio.kind == "radio" and role.search(f"{radio.label} {radio.value}"):
                    for other in form.controls:
                        other.checked = other is radio if other.name == radio.name else other.checked
                    return form, button
        for form, button in pressed:
            if role.search(form.text):
                return form, button
        labels = [" ".join(button.label.split()) for _, button in pressed]
        wanted = f"no button to allow or to continue as {self.role}"
        raise BotError(f"{url} has {wanted}; buttons: {labels}; {_words(parser)}")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _words(parser: FormParser) -> str:
    return " ".join("".join(parser.text).split())[:300]
