"""`bfdspec report serve`: the results below one folder, for a browser on the same machine.

Only files below the folder are served, and only those that a report is made of. A page of another site that made the
browser ask here under its own name is refused by the name it asks for.
"""

import contextlib
import ipaddress
import socket
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from urllib.parse import quote, unquote, urlsplit

from reports import kinds, page
from reports.kinds import LoadError
from reports.model import Verdict

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".xml": "application/xml",
    ".pcapng": "application/vnd.tcpdump.pcap",
    ".pcap": "application/vnd.tcpdump.pcap",
    ".log": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
"""What is served, by suffix, and as what."""

_RENDER = "page"
"""The query that asks for the page of a result file instead of the file."""
_WAY_BACK = '<p class="back"><a href="/">← All results</a></p>'
"""What stands above a page that is served; one that lies in a folder has no index to lead back to."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A result file in the index."""

    path: str
    """Relative to the folder, with /."""
    kind: str
    subject: str
    started: datetime
    totals: dict[Verdict, int]

    @property
    def file(self) -> str:
        """The address of the file itself."""
        return f"/{quote(self.path)}"

    @property
    def link(self) -> str:
        """The address of its page."""
        return f"{self.file}?{_RENDER}"


class Server(ThreadingTCPServer):
    """Serves one folder. Not an HTTPServer, which would ask the DNS for a name of this machine before it listens."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), partial(_Handler, folder.resolve()))

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that goes away is no news."""


def make(folder: Path, host: str, port: int) -> Server:
    """A server for `folder`, listening. Raises OSError where it cannot."""
    return Server(folder, host, port)


def address(server: Server) -> str:
    """Where a browser finds it."""
    host, port = str(server.server_address[0]), server.server_address[1]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def index(folder: Path) -> list[Entry]:
    """The result files below `folder`, the newest first. Files that are none are passed over."""
    found = []
    for path in sorted(folder.rglob("*.json")):
        with contextlib.suppress(OSError, LoadError):
            if _inside(folder, path):
                stat = path.stat()
                found.append(_entry(folder, path, stat.st_mtime_ns, stat.st_size))
    return sorted(found, key=lambda entry: entry.started, reverse=True)


@lru_cache(maxsize=1024)
def _entry(folder: Path, path: Path, changed_ns: int, size: int) -> Entry:
    """The entry of a file as it was at `changed_ns`: what did not change is not read again."""
    document = kinds.load(path)
    kind = kinds.of(document)
    return Entry(
        path=path.relative_to(folder).as_posix(),
        kind=document.kind,
        subject=kind.subject(document),
        started=document.started,
        totals=kinds.totals(kind.items(document)),
    )


def _inside(folder: Path, path: Path) -> bool:
    """A file below `folder`, not by way of a link that leads out, and not a hidden one."""
    real = path.resolve()
    if not real.is_relative_to(folder) or not real.is_file():
        return False
    return not any(part.startswith(".") for part in real.relative_to(folder).parts)


class _Handler(BaseHTTPRequestHandler):
    server_version = "bfdspec"
    sys_version = ""

    def __init__(self, folder: Path, *arguments: object) -> None:
        self._folder = folder
        super().__init__(*arguments)  # type: ignore[arg-type]  # as the server calls it

    def do_GET(self) -> None:
        """The index, a page, or a file."""
        try:
            target, name = urlsplit(self.path), urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        except ValueError:
            self.send_error(HTTPStatus.BAD_REQUEST, "No address")
            return
        if not _is_address(name):
            self.send_error(HTTPStatus.FORBIDDEN, "Ask by address or as localhost")
            return
        if target.path == "/":
            self._send(_index_page(self._folder).encode(), TYPES[".html"])
            return
        path = self._folder / unquote(target.path).lstrip("/")
        try:
            if "\0" in str(path) or path.suffix not in TYPES or not _inside(self._folder, path):
                self.send_error(HTTPStatus.NOT_FOUND, "No such file here")
            elif target.query == _RENDER:
                self._send(self._rendered(path).encode(), TYPES[".html"])
            else:
                self._send(path.read_bytes(), TYPES[path.suffix])
        except LoadError as error:
            self.send_error(HTTPStatus.NOT_FOUND, explain=str(error))
        except OSError:
            self.send_error(HTTPStatus.NOT_FOUND, "Cannot be read")

    def do_HEAD(self) -> None:
        """As GET, without the content."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Who looks at what is nobody's business."""

    def _rendered(self, path: Path) -> str:
        document = kinds.load(path)
        return kinds.of(document).page(document, path.parent).replace("<body>", f"<body>{_WAY_BACK}", 1)

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _is_address(name: str) -> bool:
    """A number or localhost, and not a name by which a page of another site reaches this machine."""
    if name == "localhost":
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _index_page(folder: Path) -> str:
    return page.render(
        "index.html.j2", scripts=("rows.js", "sort.js"), entries=index(folder), folder=folder.name or str(folder)
    )
