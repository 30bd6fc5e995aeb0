"""`python -m local_cloud.screenshots`: plays the demo and takes the pictures that the documents show."""

from dataclasses import dataclass
from typing import Final

from rich.console import Console
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from local_cloud.browser import chromium, prefer, resize
from local_cloud.demo.play import CONFIG, Demo
from local_cloud.demo.screen import Screen
from local_cloud.page import page_of
from local_cloud.toolchain import CHECKOUT
from local_cloud.waiting import eventually

IMAGES: Final = CHECKOUT / "docs" / "images"


@dataclass(frozen=True)
class Picture:
    name: str
    of: str
    """The first element that this CSS selector finds."""
    width: int
    height: int | None = None
    """None makes the window as high as the page."""
    scheme: str = "light"


PICTURES: Final = (
    Picture("live-runs", ".jw", width=1280),
    Picture("live-runs-dark", ".jw", width=1280, scheme="dark"),
    Picture("live-runs-narrow", ".jw", width=375),
    Picture("alert", ".letter.critical:has(.card)", width=1280),
    Picture("mail", ".letter.critical:has(.card) .email", width=390),
    Picture("local-page", "body", width=1600, height=1000),
)


def main() -> None:
    console = Console()
    console.print("Playing the demo …")
    with Demo.deployed(Screen(Console(quiet=True))) as demo:
        demo.play()
        with page_of(demo.cloud, config=CONFIG) as url, chromium() as chrome:
            for picture in PICTURES:
                console.print(f"  {take(chrome, url, picture)}")


def take(chrome: Chrome, url: str, picture: Picture) -> str:
    """The path of the picture, taken and saved."""
    prefer(chrome, picture.scheme)
    resize(chrome, picture.width, 800)
    chrome.get(url)
    eventually(lambda: chrome.find_elements(By.CSS_SELECTOR, ".jw") and chrome.find_elements(By.CLASS_NAME, "letter"))
    height = picture.height or chrome.execute_script("return document.documentElement.scrollHeight")
    resize(chrome, picture.width, height)
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = IMAGES / f"{picture.name}.png"
    chrome.find_element(By.CSS_SELECTOR, picture.of).screenshot(str(path))
    return str(path.relative_to(CHECKOUT))


if __name__ == "__main__":
    main()
