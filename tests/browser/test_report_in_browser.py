"""The report as people see it: Debian's Chromium through Playwright, axe-core for faults that keep people out."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import msgspec  # noqa: E402
from small_plan import job_plan, plan  # noqa: E402

from migrator.model.finding import Link  # noqa: E402
from migrator.reports import html  # noqa: E402

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SAMPLES = ("web01", "etl02", "edge03")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert os.access(CHROMIUM, os.X_OK), "chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    for sample in SAMPLES:
        command = [sys.executable, "-m", "migrator", "plan", str(ROOT / "samples" / sample), "-o", str(folder / sample)]
        subprocess.run([*command, "--as-of", "2026-11-24", "--provider", "all"], check=True, capture_output=True)
    (folder / "large").mkdir()
    many = plan(tuple(job_plan(number, f"/srv/job-{number}.sh") for number in range(5000)))
    (folder / "large/report.html").write_bytes(html.write(many)[0].content)
    return folder


def opened(browser: Browser, file: Path, **context: object) -> tuple[Page, list[str]]:
    """A page and what went wrong on it: console errors, and requests for anything but the file itself."""
    page = browser.new_context(**context).new_page()  # type: ignore[arg-type]
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if request.url != file.as_uri() else None)
    page.goto(file.as_uri())
    return page, wrong


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1600])
@pytest.mark.parametrize("sample", SAMPLES)
def test_it_opens_without_faults(browser: Browser, reports: Path, sample: str, width: int, scheme: str) -> None:
    viewport = {"width": width, "height": 900}
    page, wrong = opened(browser, reports / sample / "report.html", viewport=viewport, color_scheme=scheme)
    assert wrong == []
    assert page.locator("article.card").count() == page.locator("#overview tbody tr").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    results = Axe().run(page).response
    serious = [
        (violation["id"], [node["target"] for node in violation["nodes"][:3]])
        for violation in results["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]
    assert serious == []
    page.context.close()


def test_without_scripts_everything_is_there(browser: Browser, reports: Path) -> None:
    page, wrong = opened(browser, reports / "web01/report.html", java_script_enabled=False)
    assert wrong == []
    assert page.locator("form.filter").is_hidden()
    assert page.locator("article.card").first.is_visible()
    page.context.close()


def test_filter_sort_and_deep_link(browser: Browser, reports: Path) -> None:
    page, wrong = opened(browser, reports / "web01/report.html")
    page.fill("#f-text", "nightly-report")
    visible = page.locator("article.card:visible")
    assert visible.count() == 1
    identity = visible.first.get_attribute("id")
    page.fill("#f-text", "")
    page.locator("#overview thead button", has_text="p95").click()
    order = page.locator("#overview tbody tr").evaluate_all("rows => rows.map(row => Number(row.dataset.p95))")
    assert order == sorted(order)
    page.goto(f"{(reports / 'web01/report.html').as_uri()}#{identity}")
    assert page.locator(f"[id='{identity}']").is_visible()
    assert not [text for text in wrong if "report.html" not in text]
    page.context.close()


def test_the_keyboard_reaches_every_control(browser: Browser, reports: Path) -> None:
    page, _ = opened(browser, reports / "edge03/report.html")
    focusable = "a[href], summary, input, select, button, [tabindex='0']"
    wanted = page.evaluate(f"Array.from(document.querySelectorAll(`{focusable}`)).filter(one => one.checkVisibility()).length")
    page.evaluate("window.reached = new Set(); document.addEventListener('focusin', e => window.reached.add(e.target))")
    for _ in range(wanted + 5):
        page.keyboard.press("Tab")
    assert page.evaluate("window.reached.size") >= wanted > 50
    page.context.close()


def test_it_prints(browser: Browser, reports: Path) -> None:
    page, _ = opened(browser, reports / "web01/report.html")
    assert page.pdf(format="A4")[:5] == b"%PDF-"
    page.context.close()


def test_five_thousand_jobs_open_and_are_searched_at_once(browser: Browser, reports: Path) -> None:
    page, wrong = opened(browser, reports / "large/report.html")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    search = """text => new Promise(done => { const box = document.getElementById('f-text'); box.value = text;
        const at = performance.now();
        box.dispatchEvent(new Event('input', {bubbles: true})); const own = performance.now() - at;
        requestAnimationFrame(() => setTimeout(() => done([own, performance.now() - at]))); })"""
    took = [page.evaluate(search, text) for text in ("job-4999", "job-4998", "job-4997", "job-4996")]
    assert page.evaluate("document.getElementById('f-count').value") == "1 of 5000 jobs"
    assert page.locator("article.card:visible").count() == 1
    own, drawn = (min(part) for part in zip(*took, strict=True))
    print(f"5,000 jobs: first paint {painted:.0f} ms; search {own:.0f} ms, drawn {drawn:.0f} ms")
    assert painted < 2000
    assert own < 100
    page.fill("#f-text", "")
    assert page.locator("article.card").evaluate_all("cards => cards.filter(card => !card.hidden).length") == 200
    page.evaluate("location.hash = 'job-00001387'")  # number 4,999, which is not laid out yet
    page.wait_for_function("!document.getElementById('job-00001387').hidden")
    assert wrong == []
    page.context.close()


def test_a_question_and_a_fold_are_reached_by_link_and_by_find(browser: Browser, reports: Path) -> None:
    page, _ = opened(browser, reports / "web01/report.html")
    page.locator(".blockers a").first.click()
    assert page.evaluate("document.querySelector(':target').matches('article.card')")
    page.context.close()


def test_at_each_width_the_verdict_and_its_numbers_are_on_the_first_screen(browser: Browser, reports: Path) -> None:
    for width, height in ((360, 740), (1200, 800)):
        page, _ = opened(browser, reports / "web01/report.html", viewport={"width": width, "height": height})
        for part in ("h1", ".numbers dd >> nth=0", ".numbers dd >> nth=2"):
            box = page.locator(part).first.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= height, f"{part} is below the first screen at {width} px"
        page.context.close()


# fans in, fans out, crosses, skips a column, gives many files to one job, and leads back
FEEDS = {
    0: (4, 5, 5, 5, 5, 5, 5),
    1: (4,),
    2: (5, 4),
    3: (6,),
    4: (6,),
    5: (6, 7),
    7: (7 + 1,),
    8: (7,),
}
NAMES = (
    "NIGHTLY-EXPORT-OF-ALL-WAREHOUSE-MOVEMENTS",
    "customer-statements-and-reminders",
    "報告書を毎晩作成して送信する仕事です",
    "m" * 40,
    "x",
)


def test_no_words_of_the_picture_of_chains_lie_over_one_another(browser: Browser, tmp_path: Path) -> None:
    jobs = [job_plan(number, f"/srv/job-{number}.sh", name=NAMES[number % len(NAMES)]) for number in range(9)]
    links = {
        number: tuple(
            Link(
                kind="feeds",
                from_job=jobs[number].job.id,
                to_job=jobs[sink].job.id,
                via=f"/srv/out/{number}{at}-WAREHOUSE-{sink}.csv.gz",
            )
            for at, sink in enumerate(sinks)
        )
        for number, sinks in FEEDS.items()
    }
    jobs = [msgspec.structs.replace(job, links=links.get(number, ())) for number, job in enumerate(jobs)]
    (tmp_path / "report.html").write_bytes(html.write(plan(tuple(jobs)))[0].content)
    page, _ = opened(browser, tmp_path / "report.html", viewport={"width": 1600, "height": 900})
    figure = page.locator("figure", has_text="Jobs that feed each other")
    found = figure.locator("svg").evaluate(
        """svg => ({
            texts: [...svg.querySelectorAll("text")].map(t => [t.textContent, t.getBBox()])
                .map(([s, b]) => [s, b.x, b.y, b.width, b.height]),
            boxes: [...svg.querySelectorAll("rect")].map(r => r.getBBox()).map(b => ["box", b.x, b.y, b.width, b.height]),
            view: svg.viewBox.baseVal.width,
            arrows: [...svg.querySelectorAll("path.edge")].map(
                p => [...Array(201).keys()].map(n => p.getPointAtLength(p.getTotalLength() * n / 200)).map(q => [q.x, q.y])),
        })"""
    )

    def over(one: list, other: list) -> bool:
        (_, x, y, wide, high), (_, x2, y2, wide2, high2) = one, other
        return x < x2 + wide2 and x2 < x + wide and y + 2 < y2 + high2 - 2 and y2 + 2 < y + high - 2

    texts, boxes = found["texts"], found["boxes"]
    assert len(boxes) == 9
    assert len(texts) > 9 * 2 + 8
    assert [(one[0], other[0]) for at, one in enumerate(texts) for other in texts[at + 1 :] if over(one, other)] == []
    for text in texts:  # whole within a box, or beside all of them
        hits = [box for box in boxes if over(text, box)]
        assert all(box[1] <= text[1] and text[1] + text[3] <= box[1] + box[3] for box in hits), text
        assert text[1] + text[3] <= found["view"], text
    behind = [
        (x, y)
        for arrow in found["arrows"]
        for x, y in arrow
        for _, left, top, wide, high in boxes
        if left + 1 < x < left + wide - 1 and top + 1 < y < top + high - 1
    ]
    assert len(found["arrows"]) > 8
    assert behind == [], "an arrow runs behind a job"
    assert all(0 <= x <= found["view"] for arrow in found["arrows"] for x, _ in arrow)
    page.context.close()
