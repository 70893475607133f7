"""`down=ENGINE`: nothing listens where this engine of the demo web is asked."""

from carscrape.demo.web import DEAD_HOST
from carscrape.engines.base import load_engine


def install(argument: str) -> None:
    type(load_engine(argument)).home = f"http://{DEAD_HOST}"
