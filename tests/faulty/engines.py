"""`engines=FOLDER`: its modules are engines, too."""

from carscrape import engines


def install(argument: str) -> None:
    engines.__path__.append(argument)
