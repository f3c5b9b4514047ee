"""What the console's pages cost a hub of 10,000 models, 100,000 evaluations and 1,000,000 files.

`.venv/bin/python -m benchmarks.pages`; takes about two minutes, nearly all of it to make them.
Server time is that of the hub's process: the processor's, and beside it what passed until the
answer was there, one request after another. Bytes are those of a first visit as they are sent,
compressed; the largest paint is what Chromium measures on loopback, of three first visits.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from benchmarks._evaluations import fill, make_owner
from benchmarks._places import cpu_seconds
from benchmarks._servers import start_hub, stop
from benchmarks._tables import percentile, print_table
from benchmarks.trees import make_bench
from playwright.sync_api import Browser, BrowserContext, Request, sync_playwright

from assethub.core import folders
from assethub.core.hub import Hub, open_hub
from assethub.core.people import sessions, users
from assethub.core.searches.search import Asked, search_evaluations
from assethub.settings import Settings

MODELS = 10_000
EVALUATIONS = 100_000
OBJECTS = 1_000_000
ROUNDS = 20
VISITS = 3
GOAL_MS, GOAL_KB, GOAL_PAINT_MS = 100, 150, 1000
_MODEL = "/o/owner/model/shelf-0/model-00000"
_DATASET = "/o/owner/dataset/data/digits-0"
_LARGE = f"/o/owner/model/shelf-0/objects-{OBJECTS}"
_PAINT = """() => new Promise((resolve) => new PerformanceObserver((list) =>
  resolve(list.getEntries().at(-1).startTime)
).observe({type: 'largest-contentful-paint', buffered: true}))"""


class Place(NamedTuple):
    """A hub that serves, and a cookie that is signed in to it."""

    port: int
    process: int
    cookie: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="a directory to keep the data in, for later")
    kept: Path | None = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as name:
        data = (kept or Path(name)) / "data"
        pages = make(data)
        with running(data) as place:
            rows = [measure(place, title, path) for title, path in pages.items()]
            print_table(["page", "processor ms", "p50 ms", "p95 ms", "HTML kB", "status"], rows)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                visits = [visit(browser, place, *each) for each in pages.items()]
                browser.close()
            head = ["first visit", "kB sent", "without plotly", "largest paint ms"]
            print_table(head, visits)
    print(f"goals: {GOAL_MS} ms of server time, {GOAL_KB} kB, {GOAL_PAINT_MS} ms")


def make(data: Path) -> dict[str, str]:
    """The pages by what they are, of a hub that is filled first where it is empty."""
    hub = open_hub(Settings(data=data))
    try:
        if "owner" not in users.list_names(hub):
            owner = make_owner(hub, MODELS)
            fill(hub, EVALUATIONS)
            [shelf] = [
                each.folder
                for each in folders.list_folders(hub, owner, "own", "model")
                if each.folder.name == "shelf-0"
            ]
            make_bench(hub, owner, shelf.id, OBJECTS)
        return name_pages(hub)
    finally:
        hub.close()


def name_pages(hub: Hub) -> dict[str, str]:
    owner = users.find_user(hub, "owner")
    asked = Asked(model="owner/model/shelf-0/model-00000")
    first, second = search_evaluations(hub, owner, asked, amount=2).evaluations
    within = quote("train/0500/", safe="")
    filtered = quote("accuracy >= 0.9 and loss < 0.5", safe="")
    return {
        "home": "/",
        "search": "/search?q=model-0012",
        "folder of 1,000 models": "/o/owner/model/shelf-0",
        "model": _MODEL,
        "files, top": f"{_LARGE}/files",
        "files, 1,000 in one folder": f"{_LARGE}/files?path={within}",
        "commits": f"{_LARGE}/commits",
        "branches": f"{_MODEL}/branches",
        "evaluations of a model": f"{_MODEL}/evaluations",
        "evaluations on a dataset, filtered": f"{_DATASET}/evaluations?q={filtered}&sort=-accuracy",
        "all evaluations, filtered": f"/evaluations?q={filtered}&sort=-accuracy",
        "evaluation": f"/evaluations/{first.id}",
        "comparison": f"/compare?e={first.id}&e={second.id}&across=yes",
        "leaderboard": f"{_DATASET}/leaderboard?metric=accuracy",
        "history": f"{_MODEL}/history?metric=accuracy",
        "gates": f"{_MODEL}/gates",
        "account": "/account",
        "administration: storage": "/admin/storage",
        "administration: audit log": "/admin/audit",
    }


@contextmanager
def running(data: Path) -> Iterator[Place]:
    process, port = start_hub(data)
    hub = open_hub(Settings(data=data))
    secret = sessions.sign_in_with_token(
        hub, sessions.make_signin_token(hub, users.find_user(hub, "owner"))
    )
    hub.close()
    try:
        yield Place(port, process.pid, f"assethub_session_{port}={secret}")
    finally:
        stop(process)


def measure(place: Place, title: str, path: str) -> list[str]:
    connection = HTTPConnection("127.0.0.1", place.port)
    headers = {"Cookie": place.cookie, "Accept": "text/html", "Accept-Encoding": "gzip"}

    def ask() -> tuple[float, int, int]:
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        size = len(answer.read())
        return (time.perf_counter() - began) * 1000, size, answer.status

    _, size, status = ask()
    before = cpu_seconds(place.process)
    taken = [ask()[0] for _ in range(ROUNDS)]
    processor = (cpu_seconds(place.process) - before) * 1000 / ROUNDS
    connection.close()
    figures = [processor, percentile(taken, 50), percentile(taken, 95), size / 1000]
    return [title, *(f"{figure:.1f}" for figure in figures), str(status)]


def visit(browser: Browser, place: Place, title: str, path: str) -> list[str]:
    paints = []
    for _ in range(VISITS):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        name, _, secret = place.cookie.partition("=")
        url = f"http://127.0.0.1:{place.port}"
        context.add_cookies([{"name": name, "value": secret, "url": url}])
        whole, own, paint = _visit(context, url + path)
        paints.append(paint)
        context.close()
    return [title, f"{whole / 1000:.0f}", f"{own / 1000:.0f}", f"{percentile(paints, 50):.0f}"]


def _visit(context: BrowserContext, url: str) -> tuple[int, int, float]:
    """Bytes sent, those without plotly, and when the largest paint was, in milliseconds."""
    page = context.new_page()
    answers: list[Request] = []
    page.on("requestfinished", lambda answer: answers.append(answer))
    page.goto(url)
    page.wait_for_load_state("load")
    paint = float(page.evaluate(_PAINT))
    sizes = {each.url: each.sizes()["responseBodySize"] for each in answers}
    own = sum(size for name, size in sizes.items() if not name.endswith("/plotly.js"))
    return sum(sizes.values()), own, paint


if __name__ == "__main__":
    main()
