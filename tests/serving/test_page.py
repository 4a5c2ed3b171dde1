"""The page in a real browser: a video, its timeline, heat, a correction, training again, and errors in words."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.conftest import Served, serving

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")]
DESK, PHONE = {"width": 1360, "height": 900}, {"width": 390, "height": 844}
NAMELESS = """() => [...document.querySelectorAll('button, input, select, a, video, progress, [role=slider]')]
  .filter((one) => one.checkVisibility()).filter((one) => !(one.ariaLabel || one.labels?.length
    || one.textContent.trim())).map((one) => one.outerHTML)"""
PALE = """() => {
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (colour) => { pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data]; };
  const light = (colour) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, k) => { const v = colour[k] / 255;
    return sum + weight * (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); }, 0);
  const behind = (one) => { for (; one; one = one.parentElement) {
    const colour = rgb(getComputedStyle(one).backgroundColor); if (colour[3] === 255) return colour; }
    return [255, 255, 255, 255]; };
  const texts = [...document.querySelectorAll('body *')].filter((one) => one.checkVisibility()
    && !one.closest('svg, .sr, .stage, .skip, :disabled, option')
    && [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()));
  return texts.map((one) => { const style = getComputedStyle(one), a = light(rgb(style.color)), b = light(behind(one));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return [ratio, parseFloat(style.fontSize), one.outerHTML.slice(0, 90)]; })
    .filter(([ratio, size]) => ratio < (size >= 24 ? 3 : 4.5));
}"""
HOT = """() => { const canvas = document.getElementById('heat');
  return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 60); }"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium."""
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(params=[(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, browser: Any, served: Served) -> Iterator[Any]:
    """The page, on a desk and on a phone; nothing is complained of in its console, and nothing comes from elsewhere."""
    size, scheme = request.param
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page, said, hosts = context.new_page(), [], set()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: hosts.add(asked.url.split("/")[2]) if asked.url.startswith("http") else None)
    page.set_default_timeout(60_000)
    page.goto(served.url)
    wait(page, "document.getElementById('accepts').textContent")
    yield page
    context.close()
    assert said == []
    assert hosts == {served.url.split("/")[2]}


def wait(page: Any, truth: str) -> None:
    """Wait until an expression holds; the page's own policy keeps its driver from doing that."""
    for _ in range(600):
        if page.evaluate(truth):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never: {truth}")


def check_looks(page: Any) -> None:
    """Everything has a name, text is dark or light enough, and nothing sticks out at the side."""
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(PALE) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_video_from_drop_to_training(page: Any, served: Served, film: Path) -> None:
    check_looks(page)
    page.set_input_files("#file", film)
    page.wait_for_selector("#viewer:not([hidden])")
    assert page.text_content("#name") == "square.mp4"
    wait(page, "document.getElementById('video').readyState > 1")
    slider = page.locator("#timeline")
    box = slider.bounding_box()
    slider.click(position={"x": box["width"] * 0.8, "y": 20})
    wait(page, "document.getElementById('video').currentTime > 2")
    before = float(slider.get_attribute("aria-valuenow"))
    slider.press("ArrowLeft")
    wait(page, f"document.getElementById('video').currentTime < {before - 0.8}")
    slider.press("Home")
    wait(page, "document.getElementById('video').currentTime < 0.1")
    page.click("#look")
    wait(page, HOT)
    assert "speaks for" in page.text_content("#look-note")
    page.fill("#label", "tumble")
    page.press("#label", "Enter")
    page.wait_for_selector("#corrections tr")
    assert "tumble" in page.text_content("#corrections")
    assert "does not know “tumble” yet" in page.text_content("#saved")
    assert page.locator("#timeline .mine").count() == 1
    page.locator("#suggestions .pair button").first.click()
    wait(page, "document.querySelectorAll('#corrections tr').length === 2")
    with page.expect_download() as download:
        page.click("text=Label Studio")
    assert "tumble" in download.value.path().read_text()
    check_looks(page)
    page.fill("#epochs", "1")
    page.click("#train button")
    page.wait_for_selector("#trainings progress")
    assert page.locator("#train button").is_disabled()
    page.wait_for_selector("#trainings li:first-child:has-text('Trained')")
    check_late_answers(page)


def check_late_answers(page: Any) -> None:
    """Two removals at once; what was asked for after the first is answered last, and is not drawn."""
    held: list[Any] = []
    page.route("**/v1/suggestions", lambda route: route.continue_() if held else held.append(route))
    remove = page.locator("#corrections button:has-text('Remove')")
    with page.expect_response("**/v1/corrections"):
        remove.nth(1).click()
    remove.nth(0).click()
    wait(page, "!document.querySelector('#corrections tr')")
    with page.expect_response("**/v1/suggestions"):
        held[0].continue_()
    page.wait_for_timeout(200)
    assert page.locator("#corrections tr").count() == 0


def test_errors_are_told_in_words(page: Any, tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video at all\n" * 20)
    page.set_input_files("#file", text)
    page.wait_for_selector("#alert:not([hidden])")
    assert "text.mp4 holds text, not video" in page.text_content("#alert")
    huge = tmp_path / "huge.mp4"
    with huge.open("wb") as file:
        file.truncate(2 << 30)
    page.set_input_files("#file", huge)
    wait(page, "document.getElementById('alert').textContent.includes('huge.mp4')")
    assert "too large: 2.15 GB" in page.text_content("#alert")
    check_looks(page)


def test_the_keyboard_comes_by_everything_in_order(page: Any) -> None:
    seen = []
    for _ in range(5):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert seen[:4] == ["skip", "brand", "theme", "file"]
    page.locator("#theme").press("Enter")
    dark = page.evaluate("document.documentElement.dataset.theme")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == dark
    wait(page, "document.getElementById('accepts').textContent")
    check_looks(page)


def test_a_key_is_asked_for_and_nothing_is_complained_of(browser: Any, run: Path, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("open-sesame\n")
    with serving(run, tmp_path / "data", keys=tmp_path / "keys") as one:
        page, said = browser.new_page(), []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.goto(one.url)
        page.wait_for_selector("#key[open]")
        page.fill("#key-value", "open-sesame")
        page.press("#key-value", "Enter")
        wait(page, "document.getElementById('accepts').textContent")
        assert page.text_content("#accepts").startswith("Up to 512 MB and 60 minutes")
        page.reload()
        wait(page, "document.getElementById('accepts').textContent")
        assert not page.is_visible("#key")
        page.close()
        assert said == []
