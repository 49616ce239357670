"""Who works while the installation is killed? People with browsers, who sign in and do what their page shows them."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

import httpx2
from bs4 import BeautifulSoup, Tag

from tests.crash.city import PASSWORD
from tests.pages.town import form_values

_TASK = re.compile(r"/viec/(\d+)")


@dataclass
class Journal:
    """What the site answered: the promises that it must keep."""

    done: list[tuple[int, str]] = field(default_factory=list)  #: (task, user name) of every 303 to a receipt
    faults: list[str] = field(default_factory=list)
    sent: int = 0  #: forms sent whose answer was to be a receipt
    _lock: Lock = field(default_factory=Lock)

    def promised(self, item: int, username: str) -> None:
        with self._lock:
            self.done.append((item, username))

    def fault(self, text: str) -> None:
        with self._lock:
            self.faults.append(text)

    def sending(self) -> None:
        with self._lock:
            self.sent += 1


@dataclass
class Person:
    """One person with a browser of their own."""

    site: str
    username: str
    journal: Journal
    given_up: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.browser = httpx2.Client(base_url=self.site, timeout=30, headers={"accept": "text/html"})
        self.signed_in = False

    def work(self) -> bool:
        """Do one task of the inbox; False: there is none for this person now."""
        try:
            if not self.signed_in:
                self._sign_in()
            for item in self._waiting():
                if item not in self.given_up:
                    self._do(item)
                    return True
        except httpx2.TransportError:
            self._wait_until_back()
            return True
        except Exception as error:  # a thread that dies in silence would make the test pass
            self.journal.fault(f"{self.username}: {type(error).__name__}: {error}")
        return False

    def _sign_in(self) -> None:
        form = self._form("/dang-nhap", "/dang-nhap")
        answer = self.browser.post("/dang-nhap", data={**form, "ten": self.username, "mat_khau": PASSWORD})
        self.signed_in = answer.status_code == 303
        if not self.signed_in:
            self.journal.fault(f"{self.username} cannot sign in: {answer.status_code}")

    def _waiting(self) -> Sequence[int]:
        answer = self.browser.get("/viec")
        if answer.status_code != 200:
            self.journal.fault(f"/viec: {answer.status_code} {answer.headers.get('location')}")
            return ()
        return sorted({int(number) for number in _TASK.findall(answer.text)})

    def _do(self, item: int) -> None:
        page = f"/viec/{item}"
        soup = self._soup(page)
        if soup is None or not isinstance(soup.find("form", action=page), Tag):
            self.given_up.add(item)
            return
        answer = self._send(page, {**form_values(soup.find("form", action=page)), **self._choice(soup)}, item)
        if answer.headers.get("location") == f"{page}/kiem-tra":
            check = f"{page}/kiem-tra"
            looked = self._soup(check)
            if looked is None or not isinstance(looked.find("form", action=check), Tag):
                return
            answer = self._send(check, form_values(looked.find("form", action=check)), item)
        if answer.status_code != 303:
            self.given_up.add(item)
        if answer.status_code >= 500:
            self.journal.fault(f"{page}: {answer.status_code}")

    def _choice(self, soup: BeautifulSoup) -> dict[str, object]:
        names = {str(field.get("name")) for field in soup.find_all("input", type="radio")}
        return {"f.outcome": "accept"} if "f.outcome" in names and not self._chosen(soup) else {}

    def _chosen(self, soup: BeautifulSoup) -> bool:
        return soup.find("input", attrs={"name": "f.outcome", "checked": True}) is not None

    def _send(self, path: str, data: dict[str, object], item: int) -> httpx2.Response:
        """Send the form; when the connection breaks, send the very same again, as an impatient person does."""
        self.journal.sending()
        try:
            answer = self.browser.post(path, data=data)
        except httpx2.TransportError:
            self._wait_until_back()
            answer = self.browser.post(path, data=data)
        if answer.status_code == 303 and answer.headers["location"] == f"/viec/{item}/da-gui":
            self.journal.promised(item, self.username)
        return answer

    def _wait_until_back(self) -> None:
        for _ in range(300):
            try:
                self.browser.get("/suc-khoe/live")
            except httpx2.TransportError:
                time.sleep(0.2)
            else:
                return

    def _form(self, page: str, action: str) -> dict[str, object]:
        soup = self._soup(page)
        assert soup is not None
        return dict(form_values(soup.find("form", action=action)))

    def _soup(self, path: str) -> BeautifulSoup | None:
        answer = self.browser.get(path)
        return BeautifulSoup(answer.text, "html.parser") if answer.status_code == 200 else None


class Crowd:
    """People who work in threads of their own, until told to stop."""

    def __init__(self, site: str, usernames: Sequence[str], journal: Journal, threads: int) -> None:
        people = [Person(site, username, journal) for username in usernames]
        self._over = Event()
        self._idle = [False] * threads
        self._threads = [Thread(target=self._live, args=(n, people[n::threads]), daemon=True) for n in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(90)

    def idle(self) -> bool:
        """Whether nobody found anything to do on the last look."""
        return all(self._idle)

    def _live(self, number: int, people: list[Person]) -> None:
        while not self._over.is_set():
            worked = [person.work() for person in people if not self._over.is_set()]
            self._idle[number] = not any(worked)
            if not any(worked):
                self._over.wait(1)
