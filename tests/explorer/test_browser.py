"""The page in a real browser: typed, dragged, walked with keys, undone, shared; nothing from afar.

The server is the command itself, over a tiny model. Without a browser these tests are skipped,
except where continuous integration promises one.
"""

import contextlib
import io
import itertools
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
STEPS = "#path-steps button"
A, B = "the cook smiled at us today .", "our guide was rude and slow again ."
ENV = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER) and "CI" not in os.environ, reason="no chromium with chromedriver"
)


@pytest.fixture(scope="module")
def url(run: Path, sentences: Path, attribute: Path) -> Iterator[str]:
    """Of a running explorer, which ends at Ctrl-C as one that was interrupted."""
    verb = [sys.executable, "-m", "swae_text", "explore", str(run), "--port", "0"]
    with subprocess.Popen(
        [*verb, "--corpus", str(sentences), "--attribute", str(attribute), "--limit", "200"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield browser
    browser.quit()


class Page:
    """What a user sees and does."""

    def __init__(self, browser: webdriver.Chrome, url: str) -> None:
        self.browser, self.url = browser, url

    def open(self, fragment: str = "") -> None:
        self.browser.get("about:blank")
        self.browser.get(self.url + fragment)
        self.until(lambda: self.browser.find_element(By.CSS_SELECTOR, "html[data-ready]"))

    def until(self, holds):
        return WebDriverWait(self.browser, 30).until(lambda _: holds())

    def at(self, name: str):
        return self.browser.find_element(By.ID, name)

    def value(self, name: str) -> str:
        return self.at(name).get_property("value")

    def settles(self, name: str) -> str:
        """The text of an element, once there is one."""
        return self.until(lambda: self.at(name).text)

    def type(self, name: str, text: str) -> None:
        self.at(name).send_keys(Keys.CONTROL, "a")
        self.at(name).send_keys(text, Keys.TAB)

    def press(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()

    def drag(self, slider, *shares: float) -> Iterator[float]:
        """Hold a slider and move it to shares of its width; yields while it is held."""
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", slider)
        x, y, width, height = self.browser.execute_script(
            "const r = arguments[0].getBoundingClientRect(); return [r.x, r.y, r.width, r.height]",
            slider,
        )

        def mouse(kind: str, share: float) -> None:
            at = {"x": x + share * width, "y": y + height / 2}
            held = {"type": kind, "button": "left", "buttons": 1, "clickCount": 1}
            self.browser.execute_cdp_cmd("Input.dispatchMouseEvent", {**at, **held})

        mouse("mousePressed", shares[0])
        for share in shares:
            mouse("mouseMoved", share)
            yield share
        mouse("mouseReleased", shares[-1])

    def texts(self, selector: str) -> list[str]:
        """Of all elements; what a step is labelled with left out."""
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.lastChild.data)"
        return self.browser.execute_script(script, selector)

    def undo(self) -> None:
        control = ActionChains(self.browser).key_down(Keys.CONTROL)
        control.send_keys("z").key_up(Keys.CONTROL).perform()

    def shared(self) -> dict[str, str]:
        """All parts of the share dialog."""
        self.at("open-share").click()
        parts = self.browser.find_elements(By.CSS_SELECTOR, "#share-parts pre")
        told = {
            part.get_dom_attribute("id").removeprefix("share-"): part.get_property("textContent")
            for part in parts
        }
        self.press(Keys.ESCAPE)
        return told


@pytest.fixture
def page(chromium: webdriver.Chrome, url: str) -> Iterator[Page]:
    """The page; afterwards its console is empty and all that it loaded was from the server."""
    page = Page(chromium, url)
    page.open()
    yield page
    assert chromium.get_log("browser") == []
    events = [json.loads(row["message"])["message"] for row in chromium.get_log("performance")]
    asked = {
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    }
    assert asked and all(address.startswith(url) for address in asked)


def test_text_follows_the_slider_between_two_typed_sentences(page, space):
    page.type("path-a", A)
    page.type("path-b", B)
    path = space.interpolate(A, B, steps=21).texts
    page.until(lambda: page.texts(STEPS) == [text for text, _ in itertools.groupby(path)])
    seen = []
    for _ in page.drag(page.at("path-t"), 0.02, 0.3, 0.6, 0.98):
        t = int(page.value("path-t"))
        assert page.settles("path-text") == path[t]
        seen.append(t)
    assert seen == sorted(set(seen)) and page.at("undo").is_enabled()


def test_a_slider_s_text_is_that_of_the_library(page, space, attribute):
    from swae_text.latent.attributes import apply
    from swae_text.vectors import load_vector

    page.open("#view=edit&s=" + A.replace(" ", "+"))
    vector, _ = load_vector(attribute)
    slider = page.at("slider-k.opinion")
    for _ in page.drag(slider, 0.9, 0.1):
        strength = float(slider.get_property("value"))
        [text] = space.decode(apply(space.encode(A), vector, strength))
        page.until(lambda text=text: page.at("edit-text").get_dom_attribute("data-text") == text)
    axis = page.until(lambda: page.at("slider-x.1"))
    own = float(axis.get_property("value"))
    axis.send_keys(Keys.ARROW_RIGHT)
    assert float(axis.get_property("value")) > own
    page.at("edit-reset").click()
    [text] = space.reconstruct(A)
    page.until(lambda: page.at("edit-text").get_dom_attribute("data-text") == text)
    page.until(lambda: float(page.at("slider-k.opinion").get_property("value")) == 0)


def test_a_button_rewrites_until_a_slider_moves(page, space, attribute):
    from swae_text.vectors import load_vector

    page.open("#view=edit&s=" + A.replace(" ", "+") + "&k.opinion=1")
    [made] = space.edit([A], [load_vector(attribute)[0].goal("hated")])
    hated = page.browser.find_element(By.CSS_SELECTOR, "[data-label=hated]")
    hated.click()
    page.until(lambda: page.at("edit-text").get_dom_attribute("data-text") == made.text)
    assert hated.get_dom_attribute("aria-pressed") == "true"
    assert float(page.at("slider-k.opinion").get_property("value")) == 0
    [plain] = space.reconstruct(A)
    hated.click()
    page.until(lambda: page.at("edit-text").get_dom_attribute("data-text") == plain)
    hated.click()
    page.at("slider-k.opinion").send_keys(Keys.ARROW_RIGHT)
    page.until(lambda: hated.get_dom_attribute("aria-pressed") == "false")
    assert "w." not in page.browser.current_url


def test_the_keyboard_alone_is_enough(page):
    page.press(Keys.TAB * 5)  # undo and redo are off: history, share, the first tab, a field
    page.at("tab-path").send_keys(Keys.ARROW_RIGHT)
    assert page.at("view-edit").is_displayed() and not page.at("view-path").is_displayed()
    page.press(Keys.ARROW_RIGHT)
    page.until(
        lambda: (
            "240" not in page.at("map-about").text and "sentences of" in page.at("map-about").text
        )
    )
    page.press(Keys.TAB, Keys.ARROW_UP, Keys.ARROW_LEFT, "+")
    chosen = page.settles("map-text").split("  (")[0].rsplit(" (", 1)[0]
    page.press(Keys.ENTER)
    assert page.at("view-edit").is_displayed() and page.value("edit-s") == chosen
    page.at("tab-edit").send_keys(Keys.END)
    assert page.at("view-sample").is_displayed()
    page.press(Keys.ARROW_LEFT)
    page.until(lambda: len(page.browser.find_elements(By.CSS_SELECTOR, "#grid-table td")) == 25)
    first = page.browser.find_element(By.CSS_SELECTOR, "#grid-table button")
    first.send_keys(Keys.ARROW_DOWN)
    page.press(Keys.ARROW_RIGHT)
    cell = page.browser.switch_to.active_element
    assert cell.get_dom_attribute("data-at") == "1,1"
    said = cell.text
    page.press(Keys.ENTER)
    assert page.at("view-edit").is_displayed() and page.value("edit-s").split() == said.split()


def test_steps_are_undone_and_done_again(page):
    page.open("#view=sample&n=3")
    first = page.settles("sample-texts")
    page.at("sample-again").click()
    page.until(lambda: page.at("sample-texts").text != first)
    second = page.at("sample-texts").text
    page.undo()
    page.until(lambda: page.at("sample-texts").text == first)
    page.at("redo").click()
    page.until(lambda: page.at("sample-texts").text == second)
    page.at("open-history").click()
    page.browser.find_elements(By.CSS_SELECTOR, "#history-list button")[-1].click()
    page.until(lambda: page.at("sample-texts").text == first)
    assert not page.at("history").is_displayed() and page.at("redo").is_enabled()


def test_a_link_opens_what_was_seen(page):
    text = '<b>100 % & "more" + o\'clock</b> #1 é'
    page.type("path-a", text)
    page.at("path-kind").send_keys("the sphere,")
    page.at("path-t").send_keys(Keys.HOME, Keys.ARROW_RIGHT)
    seen = page.until(lambda: page.texts(STEPS) and page.at("path-text").text)
    link = page.shared()["link"]
    page.open(link.removeprefix(page.url))
    assert (page.value("path-a"), page.value("path-t")) == (text, "1")
    assert page.value("path-kind") == "nlerp"
    page.until(lambda: page.at("path-text").text == seen)
    page.open("#view=nowhere&t=99&size=x&k.none=1&junk")
    assert page.at("view-path").is_displayed() and page.value("path-t") == "10"


STATES = {
    "path": f"view=path&a={A}&b={B}&along=slerp",
    "moved": f"view=edit&s={A}&k.opinion=-2.5",
    "rewritten": f"view=edit&s={A}&w.opinion=hated",
    "axis": f"view=edit&s={A}&x.1=1.5",
    "both": f"view=edit&s={A}&k.opinion=2&x.1=1.5&x.3=-1",
    "grid": "view=grid&size=3",
    "sample": "view=sample&n=4&seed=7",
}
SHOWN = {
    "path": STEPS,
    "grid": "#grid-table button",
    "sample": "#sample-texts button",
}


@pytest.mark.parametrize("name", STATES)
def test_what_is_copied_gives_what_is_seen(page, name):
    page.open("#" + STATES[name].replace(" ", "+"))
    view = STATES[name].split("&")[0].removeprefix("view=")
    page.until(lambda: "deviations" in page.at("edit-survey").get_property("textContent"))
    page.until(lambda: page.browser.find_elements(By.CSS_SELECTOR, "main[aria-busy=false]"))
    if view == "edit":
        seen = [page.at("edit-text").get_dom_attribute("data-text")]
    else:
        seen = page.texts(SHOWN[view])
    parts = page.shared()
    assert ("command" in parts) == (name not in ("both", "grid"))
    if "command" in parts:
        out = subprocess.run(
            parts["command"], shell=True, env=ENV, capture_output=True, text=True, check=True
        )
        texts = [json.loads(line)["text"] for line in out.stdout.splitlines()]
        assert words(texts) == words(seen)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(parts["python"], {})
    assert words(out.getvalue().splitlines()) == words(seen)
    address, *options = shlex.split(parts["curl"])[2:]
    request = urllib.request.Request(
        address, options[3].encode(), dict([options[1].split(": ")]), method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert "error" not in json.load(answer)


def words(texts: list[str]) -> list[str]:
    """Texts as a browser lays them out, equal neighbours once."""
    return [text for text, _ in itertools.groupby(" ".join(text.split()) for text in texts)]
