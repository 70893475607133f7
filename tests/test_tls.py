"""Certificates, checked against servers on loopback that hold good and bad ones."""

import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.crawling import assert_quiet, crawl, recipe, rows
from tests.watched_web import IMAGE, Proxy, Web, proxying, served, to

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
CASES = {  # address -> what is wrong with its certificate
    "127.0.0.2": "good",
    "127.0.0.3": "self-signed",
    "127.0.0.4": "expired",
    "127.0.0.5": "not yet valid",
    "127.0.0.6": "for another name",
    "127.0.0.7": "of an unknown authority",
}


@dataclass
class Authority:
    """A certificate authority of the test."""

    key: ec.EllipticCurvePrivateKey
    name: x509.Name
    certificate: x509.Certificate


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def sign(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    by: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None,
    valid: tuple[datetime, datetime] = (NOW - DAY, NOW + DAY),
    address: str = "",
) -> x509.Certificate:
    """A certificate, signed by its own key if by no other."""
    issuer, signer = by or (name(subject), key)
    builder = x509.CertificateBuilder(
        issuer, name(subject), key.public_key(), x509.random_serial_number(), *valid
    ).add_extension(x509.BasicConstraints(ca=not address, path_length=None), critical=True)
    if address:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256())


def authority(title: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(key, name(title), sign(title, key))


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def context(folder: Path, address: str, known: Authority, unknown: Authority) -> ssl.SSLContext:
    """What a server at an address shows, by its case."""
    key = ec.generate_private_key(ec.SECP256R1())
    case = CASES[address]
    by = {"self-signed": None, "of an unknown authority": (unknown.name, unknown.key)}
    valid = {"expired": (NOW - 2 * DAY, NOW - DAY), "not yet valid": (NOW + DAY, NOW + 2 * DAY)}
    certificate = sign(
        address,
        key,
        by.get(case, (known.name, known.key)),
        valid.get(case, (NOW - DAY, NOW + DAY)),
        "127.0.0.99" if case == "for another name" else address,
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / f"{address}.pem"
    path.write_bytes(private + pem(certificate))
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(path)
    return shown


@dataclass
class TlsWeb:
    """A search page over HTTP at 127.0.0.1, and images over TLS at the addresses of CASES."""

    search: Web
    images: Web

    def url(self, address: str, path: str) -> str:
        return f"https://{address}:{self.search.port}/{path}"


@pytest.fixture
def tls_web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TlsWeb]:
    known, unknown = authority("known"), authority("unknown")
    (tmp_path / "known.pem").write_bytes(pem(known.certificate))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "known.pem"))
    with ExitStack() as stack:
        search = stack.enter_context(served(Web()))
        images = Web(search.port)  # the demo's port, so the guard lets both pass
        for address in CASES:
            shown = context(tmp_path, address, known, unknown)
            stack.enter_context(served(images, address, tls=shown))
        yield TlsWeb(search, images)


@pytest.mark.accepts("A10")
def test_only_a_certificate_that_holds_is_accepted(tmp_path: Path, tls_web: TlsWeb) -> None:
    # Two of each host: the second one shows that no doubt is ever overcome.
    urls = [tls_web.url(address, f"{n}.png") for address in CASES for n in (1, 2)]
    moved = f"http://127.0.0.1:{tls_web.search.port}/moved"
    tls_web.search.answers["/moved"] = to(tls_web.url("127.0.0.3", "moved.png"))
    tls_web.search.images = [*urls, moved]
    words = recipe(tmp_path, "word")
    arguments = (words, f"demo_port={tls_web.search.port}")
    code, output = crawl("image_search", tmp_path / "s", *arguments)
    found = rows(tmp_path / "s", "select url, outcome, final, tries from image order by id")
    ended = {url: rest for url, *rest in found}
    for address, case in CASES.items():
        outcome = "stored" if case == "good" else "tls"
        for n in (1, 2):
            assert ended[tls_web.url(address, f"{n}.png")] == [outcome, 1, 1], case
    assert ended[moved] == ["tls", 1, 1]
    assert {asked.at for asked in tls_web.images.asked} == {"127.0.0.2"}
    assert len(list((tmp_path / "s" / "images").rglob("*.png"))) == 1
    assert code == 0, output
    assert_quiet(output)
    # A second run does not ask again what nothing but a decision of a person can change.
    asked = len(tls_web.images.asked)
    crawl("image_search", tmp_path / "s", *arguments)
    assert len(tls_web.images.asked) == asked


@pytest.mark.accepts("A10", "D10")
def test_certificates_are_checked_through_a_proxy_too(
    tmp_path: Path, tls_web: TlsWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (tls_web.url(f"127.0.0.{n}", "1.png") for n in (2, 3))
    tls_web.search.images = [good, bad]
    proxy = Proxy(password="wanderer:0pen-sesame")
    with proxying(proxy):
        monkeypatch.setenv("https_proxy", f"http://{proxy.password}@localhost:{proxy.port}")
        code, output = crawl(
            "image_search",
            tmp_path / "s",
            recipe(tmp_path, "word"),
            f"demo_port={tls_web.search.port}",
            settings=("HTTPPROXY_ENABLED=True",),
        )
    found = dict(rows(tmp_path / "s", "select url, outcome from image"))
    assert found == {good: "stored", bad: "tls"}
    assert {one.method for one in proxy.asked} == {"CONNECT"}
    # The tunnel's end sees none of what was for the proxy.
    assert tls_web.images.asked
    for one in tls_web.images.asked:
        assert "Proxy-Authorization" not in one.headers
    assert code == 0, output
    assert "http requests go directly; https requests go through localhost:" in output
    assert "0pen-sesame" not in output


@pytest.mark.accepts("A10")
def test_a_bad_certificate_is_no_engine(tmp_path: Path, tls_web: TlsWeb) -> None:
    """The page of an engine and its robots.txt go the same way as images."""
    tls_web.search.answers["/api/images"] = to(tls_web.url("127.0.0.3", "api/images"))
    tls_web.search.answers["/robots.txt"] = to(tls_web.url("127.0.0.3", "robots.txt"))
    tls_web.images.answers["/robots.txt"] = IMAGE
    arguments = (recipe(tmp_path, "word"), f"demo_port={tls_web.search.port}")
    code, output = crawl("image_search", tmp_path / "s", *arguments)
    assert code == 1
    assert "robots.txt: " in output
    assert not tls_web.images.asked
    assert "Traceback" not in output
