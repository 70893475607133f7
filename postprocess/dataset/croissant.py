"""croissant.json: a dataset described for programs, in the format of MLCommons (1.0, with RAI)."""

import csv
import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from carscrape.store import EXTENSIONS
from postprocess.dataset.card_provenance import LIMITS, day, licence_of, removal
from postprocess.dataset.examples import Example
from postprocess.dataset.provenance import Provenance
from postprocess.exporters.base import Export

_WHOLE = ("width", "height", "sources")  # columns of the manifest that hold whole numbers
_MANIFEST_TYPES = {".csv": "text/csv", ".parquet": "application/x-parquet"}
_KEY, _SHA256 = "sha256", "([0-9a-f]{64})"


def croissant(folder: Path, export: Export, examples: Sequence[Example], made: Provenance) -> str:
    """The metadata as JSON-LD; of an export that has a manifest, also the records.

    Raises:
        OSError: the manifest cannot be read.
    """
    described = {**_dataset(export, made), **_rai(made)}
    if made.manifest:
        name, digest = made.manifest
        globs = [f"*/*/*.{extension}" for extension in _extensions(folder, examples)]
        types = sorted({example.type for example in examples})
        described["distribution"] = [_manifest(name, digest)]
        if globs:
            described["distribution"].append(_images(globs, types))
        described["recordSet"] = [_records(_columns(folder, name), has_files=bool(globs))]
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def _dataset(export: Export, made: Provenance) -> dict[str, Any]:
    """The dataset as a whole."""
    labels = f"{len(export.counts):,} labels"
    named = [each.name for each in made.licences if each.name]
    context = resources.files(__package__).joinpath("croissant_context.json").read_text("utf-8")
    return {
        "@context": json.loads(context),
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.0",
            "http://mlcommons.org/croissant/RAI/1.0",
        ],
        "name": made.recipe.name,
        "description": f"{export.images:,} images that search engines found, with {labels}.",
        "citeAs": f"{made.recipe.name}: {export.images:,} images, made with carscrape",
        "version": "1.0.0",
        "isLiveDataset": False,
        "license": named or licence_of(made),
        **({"datePublished": day(made.fetched[1])} if made.fetched else {}),
    }


def _rai(made: Provenance) -> dict[str, Any]:
    """Where it comes from and what to beware of (Responsible AI)."""
    stages = [
        f"{stage.stage}: {json.dumps(stage.identity, sort_keys=True, default=str)}"
        for stage in made.stages
        if not stage.skipped
    ]
    return {
        "rai:dataCollection": (
            f"{made.funnel.queries:,} queries of the recipe {made.recipe.name} to "
            f"{', '.join(made.engines)}; of {made.funnel.urls:,} URLs that were found, "
            f"{made.funnel.files:,} different images were stored and {made.funnel.kept:,} kept."
        ),
        "rai:dataCollectionType": ["Web Scraping"],
        **({"rai:dataCollectionTimeFrame": [*map(day, made.fetched)]} if made.fetched else {}),
        "rai:dataPreprocessingProtocol": stages,
        "rai:dataAnnotationProtocol": [
            "The attributes of the queries that found an image; rejected where they contradict."
        ],
        "rai:dataLimitations": list(LIMITS),
        "rai:personalSensitiveInformation": [
            "Photos from the web may show people and number plates."
        ],
        "rai:dataReleaseMaintenancePlan": removal(made),
    }


def _manifest(name: str, digest: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": "manifest",
        "name": name,
        "contentUrl": name,
        "encodingFormat": _MANIFEST_TYPES[Path(name).suffix],
        "sha256": digest,
    }


def _images(globs: list[str], types: list[str]) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": "files",
        "name": "files",
        "encodingFormat": types,
        "includes": globs,
    }


def _extensions(folder: Path, examples: Sequence[Example]) -> list[str]:
    """How the image files of the folder end; none where the format has no such files."""
    ends = sorted({EXTENSIONS[example.type] for example in examples})
    return [end for end in ends if any(folder.glob(f"*/*/*.{end}"))]


def _columns(folder: Path, name: str) -> list[str]:
    path = folder / name
    if path.suffix == ".parquet":
        names: list[str] = pq.read_schema(path).names
        return names
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def _records(columns: list[str], has_files: bool) -> dict[str, Any]:
    """One record per image: its row of the manifest and, where there is one, its file."""
    fields = [_column(name) for name in columns]
    if has_files:
        key = fields[columns.index(_KEY)]
        key["references"] = key["source"]
        # mlcroissant changes what stands on this side alone.
        named = {"extract": {"fileProperty": "filename"}, "transform": {"regex": _SHA256}}
        key["source"] = {"fileSet": {"@id": "files"}, **named}
        content = {"fileSet": {"@id": "files"}, "extract": {"fileProperty": "content"}}
        fields.append({**_field("image", "sc:ImageObject"), "source": content})
    return {
        "@type": "cr:RecordSet",
        "@id": "images",
        "name": "images",
        "key": {"@id": f"images/{_KEY}"},
        "field": fields,
    }


def _column(name: str) -> dict[str, Any]:
    source = {"fileObject": {"@id": "manifest"}, "extract": {"column": name}}
    return {**_field(name, "sc:Integer" if name in _WHOLE else "sc:Text"), "source": source}


def _field(name: str, type_: str) -> dict[str, Any]:
    return {"@type": "cr:Field", "@id": f"images/{name}", "name": name, "dataType": type_}
