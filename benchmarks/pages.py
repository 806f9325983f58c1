"""How long pages take to open in Debian's Chromium: python benchmarks/pages.py PAGE.html...

Measured from the request to the first frame after the load event, so parsing, scripts, layout and painting are in it;
the median of five, in one browser that is running already. A figure is of this machine, and of what else ran on it.
"""

import os
import statistics
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
TIMES = 5
PAINTED = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def opened_in_ms(tab: Page, address: str) -> float:
    """Milliseconds until `address` is there to be read."""
    tab.goto("about:blank")
    started = time.monotonic()
    tab.goto(address)
    tab.evaluate(PAINTED)
    return 1000 * (time.monotonic() - started)


def main() -> None:
    """Print a row of a Markdown table for each page."""
    pages = [Path(each).resolve(strict=True) for each in sys.argv[1:]]
    print("| page | size, MB | elements | open, ms: median | worst |\n|---|---|---|---|---|")
    with sync_playwright() as driver:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--disable-gpu", *arguments])
        tab = browser.new_page(viewport={"width": 1200, "height": 900})
        for page in pages:
            times = [opened_in_ms(tab, page.as_uri()) for _ in range(TIMES)]
            elements = tab.evaluate("document.querySelectorAll('*').length")
            size = page.stat().st_size / 1e6
            print(
                f"| {page.name} | {size:.2f} | {elements} | {statistics.median(times):.0f} | {max(times):.0f} |",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()
