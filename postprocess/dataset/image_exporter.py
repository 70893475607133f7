"""What all formats that hold images share: which ones, their manifest, card and certificate."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from carscrape.store import Store
from postprocess.certificate import Exported, certify
from postprocess.dataset import together
from postprocess.dataset.examples import Example, ExportError, read_examples
from postprocess.dataset.images import Images
from postprocess.dataset.manifest import write_manifest
from postprocess.dataset.papers import write_papers
from postprocess.exporters.base import Export, Exporter, Options, count_splits, few, name_few
from postprocess.pictures import silence_pillow
from postprocess.progress import bar
from postprocess.spreadsheet import write_csv
from postprocess.writing import write_aside

MANIFEST, LEFT_OUT, CERTIFICATE = "manifest.csv", "left_out.csv", "certificate.json"


class ImageExporter(Exporter):
    """A dataset format that holds the kept images."""

    loading: ClassVar[str]
    """How the format's official reader loads it, as Markdown."""

    @abstractmethod
    def write(self, images: Images, folder: Path) -> dict[str, Example]:
        """Write every image; returns the examples by path, images in shards as if in folders."""

    @abstractmethod
    def read(self, folder: Path) -> Iterator[Exported]:
        """Read every image back from the files alone.

        Raises:
            ExportError: a shard is missing.
        """

    def fill(self, store: Store, folder: Path, options: Options) -> Export:
        """Write the images, a manifest, a README.md and a certificate; see `Exporter.export`."""
        silence_pillow()
        check = _refuse_few if options.refuse_few else None
        examples = read_examples(store, options.seed, check)
        images = Images(store, examples.rows, options.keep_metadata)
        paths = self.write(images, folder)
        if not paths:
            raise ExportError(
                f"all {len(examples.left_out) + len(images.unclean):,} kept images of {store.root} "
                "had to be left out: they join two splits, or their metadata cannot be removed"
            )
        write_manifest(folder / MANIFEST, paths)
        _write_left_out(folder / LEFT_OUT, examples.left_out, images.unclean)
        written = _told(self.read(folder), len(paths))
        certificate = certify(store, written, examples.left_out + images.unclean)
        write_aside(folder / CERTIFICATE, certificate.to_json())
        together.remember(store, certificate.leaks)
        done = Export(
            options.to,
            options.seed,
            count_splits(paths.values()),
            len(examples.left_out),
            len(images.unclean),
            self.loading,
            str(certificate),
            len(certificate.leaks),
        )
        write_papers(store, folder, done, examples.rows)
        return done


def _told(images: Iterable[Exported], number: int) -> Iterator[Exported]:
    """The same, with a bar: to read a million images again takes minutes."""
    with bar("certify", number) as advance:
        for image in images:
            yield image
            advance(1)


def _refuse_few(examples: Sequence[Example]) -> None:
    found = few(count_splits(examples))
    if found:
        raise ExportError(f"no dataset was made, as --refuse-few asks: {name_few(found)}")


def _write_left_out(path: Path, bridges: Sequence[str], unclean: Sequence[str]) -> None:
    """Write a row for every kept image that is not in the dataset."""
    reasons = dict.fromkeys(bridges, "bridges_splits") | dict.fromkeys(unclean, "unclean_metadata")
    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(file, [("sha256", "reason"), *sorted(reasons.items())])
