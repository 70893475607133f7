"""The networks that a setting may open, and what stays shut in them."""

import pytest
from scrapy.settings import BaseSettings

from carscrape.addresses import is_in, private_networks


def opened(given: object) -> list[str]:
    return [
        str(network)
        for network in private_networks(BaseSettings({"ALLOW_PRIVATE_NETWORKS": given}))
    ]


@pytest.mark.parametrize(
    ("given", "networks"),
    [
        ([], []),
        ("", []),
        ("10.1.0.0/16", ["10.1.0.0/16"]),
        ("10.1.0.0/16, fd12:3456::/32", ["10.1.0.0/16", "fd12:3456::/32"]),
        (["192.168.1.7"], ["192.168.1.7/32"]),
    ],
)
def test_networks_of_an_intranet_are_read(given: object, networks: list[str]) -> None:
    assert opened(given) == networks


@pytest.mark.parametrize(
    "given",
    ["0.0.0.0/0", "::/0", "127.0.0.0/8", "169.254.169.254", "8.0.0.0/5", "10.0.0.0/7", "fe80::/10"],
)
def test_no_other_network_can_be_opened(given: str) -> None:
    with pytest.raises(ValueError, match=r"such as 10\.1\.0\.0/16, got"):
        opened(given)


@pytest.mark.accepts("A02")
@pytest.mark.parametrize(
    "address", ["100.100.100.200", "fd00:ec2::254", "fd00:0ec2:0::254", "fd20:ce::254"]
)
def test_credentials_stay_shut_in_an_open_network(address: str) -> None:
    networks = private_networks(BaseSettings({"ALLOW_PRIVATE_NETWORKS": "100.64.0.0/10,fc00::/7"}))
    assert not is_in(address, networks)
    assert is_in("100.64.0.1", networks)
    assert is_in("fd00:ec2::255", networks)
