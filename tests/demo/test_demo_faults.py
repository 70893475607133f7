"""Every fault, as a client meets it."""

import gzip
import http.client
import io
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import simplejpeg
from demo_client import fetch
from PIL import Image

from carscrape.demo.drawn import DrawnWorld
from carscrape.demo.faults import CONTENTS, FAULTS, MODES, OBTAINABLE, asks_to_heal
from carscrape.demo.web import DEAD_HOST, HOSTS, image_url

WORLD = DrawnWorld(7, "hostile")


@pytest.fixture
def url_with(hostile_web, request):
    """A URL with a fault that no other test of this run asked: healing faults count."""

    def find(fault, accept=lambda key: True):
        for rank in range(1000):
            key = WORLD.key(f"red {request.node.name}", rank)
            if WORLD.fault(key) == fault and accept(key):
                return image_url(key, fault, hostile_web.port)
        raise AssertionError(f"no result with the fault {fault}")

    return find


def test_shares_leave_room_for_the_good():
    for table in (FAULTS, CONTENTS):
        assert set(table) == set(MODES)
        assert table["none"] == {}
        for mode in ("realistic", "hostile"):
            assert 0.1 < sum(table[mode].values()) < 0.6
    assert set(FAULTS["realistic"]) < set(FAULTS["hostile"])


def test_shares_are_kept():
    keys = [WORLD.key(f"query {number}", rank) for number in range(200) for rank in range(50)]
    faults = [WORLD.fault(key) for key in keys]
    for fault, share in FAULTS["hostile"].items():
        assert faults.count(fault) == pytest.approx(share * len(keys), rel=0.35), fault


@pytest.mark.parametrize(
    ("fault", "status"), [("not_found", 404), ("forbidden", 403), ("gone", 410)]
)
def test_lasting_refusals(url_with, fault, status):
    url = url_with(fault)
    assert [fetch(url).status for _ in range(3)] == [status] * 3


@pytest.mark.parametrize(("fault", "status"), [("throttled", 429), ("server_error", 500)])
@pytest.mark.parametrize("times", [1, 2])
def test_faults_that_heal(url_with, fault, status, times):
    url = url_with(fault, lambda key: asks_to_heal(7, key) == times)
    answers = [fetch(url) for _ in range(4)]
    assert [answer.status for answer in answers] == [status] * times + [200] * (4 - times)
    assert answers[0].headers["Retry-After"] == ("1" if status == 429 else None)


def test_html_that_says_it_is_a_jpeg(url_with):
    answer = fetch(url_with("html_as_jpeg"))
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_reset(url_with):
    with pytest.raises(ConnectionResetError) as caught:
        fetch(url_with("reset"))
    assert caught.type is ConnectionResetError  # RemoteDisconnected would be a tidy end


def test_cut_file_with_the_right_length(url_with):
    answer = fetch(url_with("cut"))
    assert len(answer.body) == int(answer.headers["Content-Length"])
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(answer.body)).load()


def test_short_file_with_the_length_of_the_whole(url_with):
    with pytest.raises(http.client.IncompleteRead) as caught:
        fetch(url_with("short"))
    assert caught.value.expected is not None
    assert abs(caught.value.expected - len(caught.value.partial)) <= 1


def test_hole_in_a_file_with_its_end(url_with):
    answer = fetch(url_with("hole"))
    assert len(answer.body) == int(answer.headers["Content-Length"])
    assert answer.body.endswith(b"\xff\xd9")
    with pytest.raises(ValueError, match="JPEG"):
        simplejpeg.decode_jpeg(answer.body, strict=True)


@pytest.mark.parametrize(("fault", "size"), [("icon", (24, 24)), ("banner", (720, 60))])
def test_page_art(url_with, fault, size):
    assert Image.open(io.BytesIO(fetch(url_with(fault)).body)).size == size


def test_redirect_to_the_image_on_another_path(url_with):
    url = url_with("redirect")
    answer = fetch(url)
    assert answer.status == 302
    moved = fetch(answer.headers["Location"])
    assert Image.open(io.BytesIO(moved.body)).format == "JPEG"


def test_redirect_loop(url_with):
    with pytest.raises(HTTPError, match="infinite loop"):
        urlopen(url_with("redirect_loop"))


def test_redirect_to_a_private_address(url_with):
    assert fetch(url_with("redirect_private")).headers["Location"].startswith("http://10.0.0.1/")


def test_png_named_jpg(url_with):
    url = url_with("wrong_type")
    answer = fetch(url)
    assert url.endswith(".jpg")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.body)).format == "PNG"


def test_empty(url_with):
    answer = fetch(url_with("empty"))
    assert (answer.status, answer.body) == (200, b"")


def test_types_nobody_asked_for(url_with):
    assert fetch(url_with("svg")).headers["Content-Type"] == "image/svg+xml"
    tiff = fetch(url_with("tiff"))
    assert tiff.headers["Content-Type"] == "image/tiff"
    assert Image.open(io.BytesIO(tiff.body)).format == "TIFF"


def test_pixel_bomb_is_a_small_png_of_169_megapixels(url_with):
    answer = fetch(url_with("pixel_bomb"))
    assert len(answer.body) < 50_000
    with pytest.warns(Image.DecompressionBombWarning):
        size = Image.open(io.BytesIO(answer.body)).size
    assert size == (13_000, 13_000)


def test_gzip_bomb(url_with):
    answer = fetch(url_with("gzip_bomb"))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body) < 300_000
    with gzip.open(io.BytesIO(answer.body)) as unpacked:
        assert sum(len(chunk) for chunk in iter(lambda: unpacked.read(2**20), b"")) == 256 * 2**20


def test_drip_does_not_end(url_with):
    with pytest.raises(TimeoutError):
        fetch(url_with("drip"), timeout=0.2)


def test_opt_out_header(url_with):
    assert "noai" in fetch(url_with("noai")).headers["X-Robots-Tag"]


def test_path_that_robots_txt_disallows(url_with, hostile_web):
    url = url_with("robots")
    robots = fetch(url.partition("/private/")[0] + "/robots.txt").text
    assert "Disallow: /private/" in robots.splitlines()
    assert fetch(url).status == 200


def test_dead_host(url_with):
    url = url_with("dead_host")
    assert DEAD_HOST in url
    with pytest.raises(ConnectionRefusedError):
        fetch(url)


def test_result_that_is_a_web_page(url_with):
    assert fetch(url_with("web_page")).headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("fault", "start"),
    [
        ("private_address", "http://10.0.0.1/"),
        ("metadata_address", "http://169.254.169.254/"),
        ("local_file", "file:///"),
        ("ftp", "ftp://127.0.0."),
    ],
)
def test_urls_that_must_not_be_asked(url_with, fault, start):
    assert url_with(fault).startswith(start)


def test_other_port(url_with):
    assert ":22/" in url_with("other_port")


def test_every_fault_has_a_test():
    tested = {
        "not_found", "forbidden", "gone", "throttled", "server_error", "html_as_jpeg", "reset",
        "cut", "short", "hole", "icon", "banner", "redirect", "redirect_loop", "redirect_private",
        "wrong_type", "empty",
        "svg", "tiff", "pixel_bomb", "gzip_bomb", "drip", "noai", "robots", "dead_host",
        "web_page", "private_address", "metadata_address", "local_file", "ftp", "other_port",
    }  # fmt: skip
    assert tested == set(FAULTS["hostile"])
    assert tested > OBTAINABLE - {"fine"}


def test_images_lie_on_many_hosts():
    hosts = {image_url(f"img/q/{rank}.jpg", "fine", 80).split("/")[2] for rank in range(400)}
    assert hosts == {f"{host}:80" for host in HOSTS}


@pytest.mark.parametrize(
    "path",
    ["/", "/img/", "/img/q/x.jpg", "/img/q/1000.jpg", "/img/q/1.png", "/photo/a", "/img/q/²"],
)
def test_no_such_image(hostile_web, path):
    assert fetch(hostile_web.base + path.replace("²", "%C2%B2")).status == 404
