"""`bfdspec report serve`: the index, the pages, and what is refused."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner
from sample_documents import of_each_kind

from bfdspec.cli import main
from reports import serve
from reports.document import save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Results of each kind in a folder beside which something else lies."""
    results = tmp_path / "results"
    for kind, document in of_each_kind().items():
        (results / kind).mkdir(parents=True)
        save(document, results / kind / "x y.json")
    (results / "broken.json").write_text("{", encoding="utf-8")
    (results / ".hidden.json").write_text("{}", encoding="utf-8")
    (results / "program.py").write_text("secret", encoding="utf-8")
    (tmp_path / "outside.json").write_text('"secret"', encoding="utf-8")
    (results / "link.json").symlink_to(tmp_path / "outside.json")
    return results


@pytest.fixture
def server(folder: Path) -> Iterator[serve.Server]:
    """Serving `folder` on a free port."""
    with serve.make(folder, "127.0.0.1", 0) as made:
        thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def get(server: serve.Server, path: str, *, method: str = "GET", host: str | None = None) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
    connection.putrequest(method, path, skip_host=host is not None)
    if host is not None:
        connection.putheader("Host", host)
    connection.endheaders()
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response, text


def test_the_index_lists_every_result_with_kind_subject_date_and_counts(server: serve.Server) -> None:
    response, text = get(server, "/")
    assert response.status == 200
    rows = re.findall(r'<tr class="row">.*', text)
    assert len(rows) == len(of_each_kind())
    (row,) = (each for each in rows if "conformance" in each)
    assert 'href="/conformance/x%20y.json?page"' in row
    assert "frr 10.2.1" in row
    assert "2026-03-14 15:09" in row
    assert "✗\u202f3" in row.replace("&#8239;", "\u202f")


@pytest.mark.parametrize("kind", list(of_each_kind()))
def test_each_result_has_its_page_and_its_file(kind: str, server: serve.Server) -> None:
    response, text = get(server, f"/{kind}/x%20y.json?page")
    assert (response.status, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<!doctype html>" in text
    response, text = get(server, f"/{kind}/x%20y.json")
    assert (response.status, response.headers["Content-Type"]) == (200, "application/json")
    assert text.startswith("{")
    response, text = get(server, f"/{kind}/x%20y.json", method="HEAD")
    assert (response.status, text) == (200, "")


@pytest.mark.parametrize(
    "path",
    [
        "/../outside.json",
        "/%2e%2e/outside.json",
        "/conformance/../../outside.json",
        "//etc/passwd.json",
        "/link.json",
        "/.hidden.json",
        "/program.py",
        "/conformance",
        "/nothing.json",
        "/nothing%00.json",
        "/broken.json?page",
    ],
)
def test_what_is_outside_or_no_result_is_not_found(path: str, server: serve.Server) -> None:
    response, text = get(server, path)
    assert response.status == 404
    assert "secret" not in text


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:1", 200), ("127.0.0.1", 200), ("[::1]:80", 200), ("evil.example", 403), ("", 403), ("[", 400)],
)
def test_a_page_of_another_site_cannot_read_along(host: str, status: int, server: serve.Server) -> None:
    assert get(server, "/", host=host)[0].status == status


def test_ctrl_c_ends_it_in_one_line(folder: Path) -> None:
    command = [sys.executable, "-m", "bfdspec", "report", "serve", str(folder), "--port", "0"]
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=unbuffered
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert re.fullmatch(rf"serving {re.escape(str(folder))} at http://127\.0\.0\.1:\d+/ until Ctrl-C\n", said)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "ended\n", "")


def test_an_address_that_is_not_of_this_machine_is_one_line(folder: Path) -> None:
    said = CliRunner().invoke(main, ["report", "serve", str(folder), "--host", "192.0.2.1"])
    assert said.exit_code == 2
    assert said.output == "Error: 192.0.2.1 port 8000: Cannot assign requested address\n"


def test_it_listens_on_ipv6_as_well(folder: Path) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("needs IPv6 on the loopback interface")
    with serve.make(folder, "::1", 0) as made:
        assert serve.address(made).startswith("http://[::1]:")


def test_a_port_that_is_busy_is_one_line(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        said = CliRunner().invoke(main, ["report", "serve", str(folder), "--port", port])
    assert said.exit_code == 2
    assert said.output == f"Error: 127.0.0.1 port {port}: Address already in use\n"
