"""The page in a real browser: clicks and keys move the video, at desktop and phone width, and nothing is fetched."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kinema.timeline.written import write
from tests.timeline.made import made_timeline, made_video

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no chromium to look at the page with")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    return write(made_timeline(made_video(folder)), folder / "out" / "match.html")


@pytest.fixture
def opened(browser: Any, written: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    width, height, scheme = getattr(request, "param", (1280, 800, "light"))
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.said, page.asked = [], []
    page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.goto(written.as_uri())
    page.wait_for_function("document.getElementById('video').readyState > 0")
    yield page
    assert page.said == []
    assert {url.split(":")[0] for url in page.asked} <= {"file", "data"}
    context.close()


def time(page: Any) -> float:
    """Where the video is, once it has got there."""
    page.wait_for_function("!document.getElementById('video').seeking")
    return page.evaluate("document.getElementById('video').currentTime")


def test_clicks_move_the_video(opened: Any) -> None:
    box = opened.locator(".plot[data-row='0']").bounding_box()
    opened.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 8)
    assert time(opened) == pytest.approx(15, abs=0.2)
    bar = opened.locator(".plot button").nth(1)
    bar.click()
    assert 0 <= time(opened) - float(bar.get_attribute("data-start")) < 2
    opened.evaluate("document.getElementById('video').pause()")
    opened.get_by_role("button", name="a label that is").click()
    assert 20.4 <= time(opened) < 23
    opened.evaluate("document.getElementById('video').pause()")
    assert opened.locator("#list [aria-current]").count() == 1
    assert "a label that is" in opened.locator("#now").inner_text()


def test_keys_move_the_video(opened: Any) -> None:
    press = opened.keyboard.press
    press("n")
    assert time(opened) == pytest.approx(2, abs=0.1)
    press("n")
    assert time(opened) == pytest.approx(8, abs=0.1)
    press("p")
    assert time(opened) == pytest.approx(2, abs=0.1)
    press("Shift+ArrowRight")
    press("ArrowLeft")
    assert time(opened) == pytest.approx(11, abs=0.1)
    assert opened.locator("#tracks").get_attribute("aria-valuetext").startswith("0:11.0, ")
    press("Space")
    opened.wait_for_function("!document.getElementById('video').paused")
    press("Space")
    opened.wait_for_function("document.getElementById('video').paused")
    press("Home")
    assert time(opened) == 0


def test_zoom_follows_the_place(opened: Any) -> None:
    width = opened.locator("#axis").bounding_box()["width"]
    opened.keyboard.press("+")
    opened.keyboard.press("+")
    assert opened.locator("#axis").bounding_box()["width"] > 3.5 * width
    opened.keyboard.press("End")
    assert opened.evaluate("document.getElementById('scroll').scrollLeft") > width
    opened.keyboard.press("-")
    assert opened.locator("#zoom").inner_text() == "2×"


def test_every_control_can_be_reached_and_has_a_name(opened: Any) -> None:
    reached = []
    for _ in range(20):
        opened.keyboard.press("Tab")
        reached.append(opened.evaluate("(document.activeElement.id || document.activeElement.className || "
                                       "document.activeElement.tagName)"))
    for name in ("skip", "video", "only", "previous", "play", "next", "tracks"):
        assert name in reached
    nameless = opened.evaluate("[...document.querySelectorAll('button:not([aria-hidden]), select')].filter((each) => "
                               "!(each.innerText.trim() || each.getAttribute('aria-label') || each.labels?.length))"
                               ".length")
    assert nameless == 0


def test_one_label_can_be_listed_alone(opened: Any) -> None:
    opened.select_option("#only", index=1)
    shown = opened.locator("#list li:visible .label").all_inner_texts()
    assert len(shown) == 2
    assert len(set(shown)) == 1


@pytest.mark.parametrize("opened", [(360, 740, "light"), (360, 740, "dark"), (820, 1100, "dark"), (1600, 900, "dark")],
                         indirect=True)
def test_it_fits_at_every_width(opened: Any) -> None:
    assert opened.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    small = opened.evaluate("[...document.querySelectorAll('button:not([aria-hidden]), select')].filter((each) => "
                            "each.offsetHeight && each.offsetHeight < 32).length")
    assert small == 0
    contrast = opened.evaluate("""() => {
      const light = (text) => { const [r, g, b] = text.match(/[\\d.]+/g).map((v) => { v /= 255;
        return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const style = getComputedStyle, paper = light(style(document.body).backgroundColor);
      return [...document.querySelectorAll('.lead, .note, .kicker, h1, .when')].map((each) => {
        const ink = light(style(each).color);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05); });
    }""")
    assert min(contrast) >= 4.5


def test_a_video_that_is_gone_is_said(browser: Any, tmp_path: Path) -> None:
    path = write(made_timeline(made_video(tmp_path, "gone.mp4", 1)), tmp_path / "a.html")
    (tmp_path / "gone.mp4").unlink()
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("#trouble:not([hidden])")
    page.close()
