"""Faults to install into a real crawl: ONE FILE PER FAULT, each with `install(argument)`."""
