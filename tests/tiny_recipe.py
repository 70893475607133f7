"""A small recipe, and a way to write a changed one."""

from pathlib import Path

TINY = """
name = "tiny"
per_query = 10
engines = ["demo"]
phrases = ["{color} {make} {model}"]
table = "tiny.csv"
[attributes]
color = ["red", "sky blue"]
[hits]
phrase = "{make} {model} {term}"
terms = ["car", "suv"]
[filter]
top_k = 4
min_probability = 0.1
[filter.synsets]
car = ["n02814533", "n02930766"]
"""
TABLE = 'make,model\nFord,Mustang\nFord,F-150\nChrysler,Town & Country\nHaus,"Typ ""7"""\n'


def write(folder: Path, toml: str = TINY, table: str | bytes = TABLE) -> Path:
    (folder / "tiny.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    path = folder / "tiny.toml"
    path.write_text(toml, encoding="utf-8")
    return path
