"""Opens pages in a headless Chromium, as users see them, and says what is wrong with them.

browser_check.py [--chromium PROGRAM] [--screenshots DIRECTORY] FILE...
browser_check.py --available

Every FILE (HTML or SVG) is shown light and dark, 1200 and 400 pixels wide. Prints a line for each
check that begins with "ok" or "FAILED", and exits 1 if one failed; with --available, says only
whether there is a browser. Needs no packages: the browser is spoken to through a pipe, in the Chrome
DevTools protocol.
"""

import argparse
import base64
import itertools
import json
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

PROGRAMS = ["chromium", "chromium-browser", "google-chrome", "chrome"]

ANSWER_SECONDS = 60

# What the page says of itself. Elements that scroll by themselves may be wider inside.
INSPECTION = """
(() => {
  const visible = e => e.getClientRects().length > 0;
  const scrolls = e => e.closest('.scroll') !== null;
  const width = document.documentElement.clientWidth;
  const all = [...document.querySelectorAll('*')].filter(e => visible(e) && !scrolls(e));
  const wide = all.filter(e => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && (box.right > width + 0.5 || box.left < -0.5);
  });
  const charts = [...document.querySelectorAll('svg')].filter(visible).map(svg => {
    const box = svg.getBoundingClientRect();
    const outside = [...svg.querySelectorAll('text')].filter(text => {
      const b = text.getBoundingClientRect();
      return b.left < box.left - 1 || b.right > box.right + 1
        || b.top < box.top - 1 || b.bottom > box.bottom + 1;
    }).map(text => text.textContent);
    const size = Math.min(1000, ...[...svg.querySelectorAll('text')].map(text =>
      parseFloat(getComputedStyle(text).fontSize) * svg.getScreenCTM().a));
    return {label: svg.getAttribute('aria-label'), outside, size,
      x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height};
  });
  const broken = [...document.images].filter(i => !i.complete || i.naturalWidth === 0).length;
  return {
    overflow: document.documentElement.scrollWidth - width,
    wide: wide.slice(0, 5).map(e => e.tagName + ' ' + (e.className.baseVal ?? e.className)),
    charts, broken, height: document.documentElement.scrollHeight,
  };
})()
"""


class Browser:
    """A Chromium of its own, with a profile that goes with it."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp()
        their_input, self.output = os.pipe()
        self.input, their_output = os.pipe()
        # The browser reads commands at 3 and writes answers to 4.
        shell = f'exec "$@" 3<&{their_input} 4>&{their_output}'
        # A sandbox needs user namespaces, which containers often lack; the pages are our own.
        arguments = [
            program, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
            "--hide-scrollbars", "--no-first-run", f"--user-data-dir={self.profile}", "about:blank",
        ]
        self.process = subprocess.Popen(
            ["bash", "-c", shell, "bash", *arguments], pass_fds=(their_input, their_output),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(their_input)
        os.close(their_output)
        self.buffer = b""
        self.numbers = itertools.count(1)
        self.session = None
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        message = {"id": next(self.numbers), "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def read(self):
        while b"\0" not in self.buffer:
            if not select.select([self.input], [], [], ANSWER_SECONDS)[0]:
                raise RuntimeError(f"the browser has not answered for {ANSWER_SECONDS} seconds")
            part = os.read(self.input, 1 << 16)
            if not part:
                raise RuntimeError("the browser has ended")
            self.buffer += part
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def open(self, path, width, scheme):
        self.events.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        answer = self.call("Page.navigate", url=Path(path).absolute().as_uri())
        if "errorText" in answer:
            raise RuntimeError(f"{path}: {answer['errorText']}")
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.read())

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"]["value"]

    def screenshot(self, scale=1, **clip):
        return base64.b64decode(self.call(
            "Page.captureScreenshot", captureBeyondViewport=True,
            clip=dict(clip, scale=scale))["data"])

    def complaints(self):
        """What the page wrote to the console or asked of a network."""
        for event in self.events:
            method, about = event.get("method"), event.get("params", {})
            if method == "Log.entryAdded" and about["entry"]["level"] in ["error", "warning"]:
                yield about["entry"]["text"]
            elif method in ["Runtime.consoleAPICalled", "Runtime.exceptionThrown"]:
                yield method
            elif method == "Network.requestWillBeSent":
                url = about["request"]["url"]
                if not url.startswith(("file:", "data:")):
                    yield f"asks for {url}"

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


def pixels(png):
    """Rows of pixels of an 8-bit PNG file without interlacing, as browsers write them."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert depth == 8 and kind in (2, 6)
    data, place = b"", 8
    while place < len(png):
        length, = struct.unpack(">I", png[place:place + 4])
        if png[place + 4:place + 8] == b"IDAT":
            data += png[place + 8:place + 8 + length]
        place += length + 12
    channels = 3 if kind == 2 else 4
    stride, raw = width * channels, zlib.decompress(data)
    above = bytearray(stride)
    for row in range(height):
        start = row * (stride + 1)
        method, line = raw[start], bytearray(raw[start + 1:start + 1 + stride])
        for i in range(stride if method else 0):
            left = line[i - channels] if i >= channels else 0
            corner = above[i - channels] if i >= channels else 0
            if method == 1:
                guess = left
            elif method == 2:
                guess = above[i]
            elif method == 3:
                guess = (left + above[i]) // 2
            else:
                distances = [abs(above[i] - corner), abs(left - corner),
                             abs(left + above[i] - 2 * corner)]
                guess = (left, above[i], corner)[distances.index(min(distances))]
            line[i] = (line[i] + guess) & 255
        yield [bytes(line[i:i + 3]) for i in range(0, stride, channels)]
        above = line


def drawn_share(png):
    """Share of the pixels that are not the most frequent colour, and that colour."""
    counts = {}
    for row in pixels(png):
        for pixel in row:
            counts[pixel] = counts.get(pixel, 0) + 1
    background = max(counts, key=counts.get)
    return 1 - counts[background] / sum(counts.values()), background


def problems(browser, path, width, scheme, screenshots):
    browser.open(path, width, scheme)
    page = browser.evaluate(INSPECTION)
    yield from browser.complaints()
    is_page = Path(path).suffix != ".svg"
    if is_page and (page["overflow"] > 0 or page["wide"]):
        yield f"{page['overflow']} pixels too wide: {page['wide']}"
    if page["broken"]:
        yield f"{page['broken']} broken pictures"
    if not page["charts"]:
        yield "no charts"
    for chart in page["charts"]:
        name = f"chart '{chart['label'][:40]}'"
        if chart["outside"]:
            yield f"{name} cuts off {chart['outside'][:3]}"
        if is_page and chart["size"] < 9:
            yield f"{name} has text {chart['size']:.1f} pixels high"
        clip = {key: chart[key] for key in ["x", "y", "width", "height"]}
        share, background = drawn_share(browser.screenshot(scale=0.25, **clip))
        if share < 0.01:
            yield f"{name} is blank"
        if (sum(background) > 384) != (scheme == "light"):
            yield f"{name} is not {scheme}"
    if screenshots:
        height = page["height"] if is_page else 900
        picture = browser.screenshot(x=0, y=0, width=width, height=height)
        name = f"{Path(path).name}-{scheme}-{width}.png"
        (Path(screenshots) / name).write_bytes(picture)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--available", action="store_true")
    parser.add_argument("--chromium", default=next(filter(None, map(shutil.which, PROGRAMS)), None))
    parser.add_argument("--screenshots")
    arguments = parser.parse_args()
    if arguments.available:
        sys.exit(0 if arguments.chromium else 1)
    if arguments.chromium is None:
        sys.exit("no Chromium; on Debian: apt-get install chromium")
    if arguments.screenshots:
        os.makedirs(arguments.screenshots, exist_ok=True)
    browser = Browser(arguments.chromium)
    failed = False
    try:
        for path, scheme, width in itertools.product(
                arguments.files, ["light", "dark"], [1200, 400]):
            try:
                found = list(problems(browser, path, width, scheme, arguments.screenshots))
            except RuntimeError as error:
                print(f"FAILED {error}")
                sys.exit(1)
            where = f"{Path(path).name}, {scheme}, {width} pixels"
            for problem in found:
                print(f"FAILED {where}: {problem}")
            if not found:
                print(f"ok     {where}")
            failed = failed or bool(found)
    finally:
        browser.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
