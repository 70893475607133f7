"""What is taken out of files, and what stays."""

from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from postprocess.metadata import MetadataError, without_metadata
from postprocess.pictures import orientation
from tests.made_files import chunk

pytestmark = pytest.mark.accepts("C07")

OWNER = b"Jo Bloggs of Nowhere"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b"<x:xmpmeta><owner>" + OWNER + b"</owner></x:xmpmeta>"
KINDS = ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP"]
WITH_EXIF = ["JPEG", "PNG", "WEBP", "AVIF"]


def personal(turn=6):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turn
    exif[ExifTags.Base.Artist] = OWNER.decode()
    exif[ExifTags.Base.BodySerialNumber] = "4711-0815"
    exif[ExifTags.IFD.GPSInfo] = {1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (16.0, 22.0, 0.0)}
    return exif


def drawn(mode="RGB"):
    gradient = Image.linear_gradient("L").resize((48, 32))
    picture = Image.merge("RGB", (gradient, gradient.rotate(90), gradient.rotate(180)))
    return picture.convert(mode)


def saved(kind, frames=1, picture=None, **more):
    file = BytesIO()
    rest = [drawn().rotate(9 * n) for n in range(1, frames)]
    several = {"save_all": True, "append_images": rest, "duration": 80} if rest else {}
    (picture or drawn()).save(file, kind, **several, **more)
    return file.getvalue()


def tagged(kind, **more):
    """A file with everything that this type has room for."""
    if kind == "GIF":
        return saved(kind, comment=OWNER, **more)
    if kind == "BMP":
        return saved(kind, **more)
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Author", OWNER.decode())
        texts.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
        more["pnginfo"] = texts
    if kind == "JPEG":
        more |= {"comment": OWNER, "quality": 90}
    if kind in ("JPEG", "WEBP", "AVIF"):
        more["xmp"] = XMP
    # Pillow's encoder crashes when it is told to turn a film.
    turn = 1 if kind == "AVIF" and more.get("frames", 1) > 1 else 6
    return saved(kind, exif=personal(turn), icc_profile=PROFILE, **more)


def stripped(content, kind):
    return without_metadata(content, f"image/{kind.lower()}")


def frames(content):
    with Image.open(BytesIO(content)) as image:
        found = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append((np.asarray(image.convert("RGBA")), image.info.get("duration")))
        return found


def same_frames(one, other):
    pairs = zip(frames(one), frames(other), strict=True)
    return all(np.array_equal(a[0], b[0]) and a[1] == b[1] for a, b in pairs)


@pytest.mark.parametrize("kind", WITH_EXIF)
def test_places_and_people_are_gone_and_orientation_and_profile_stay(kind):
    before = tagged(kind)
    after = stripped(before, kind)
    with Image.open(BytesIO(before)) as image:
        assert image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    with Image.open(BytesIO(after)) as image:
        assert dict(image.getexif()) == {ExifTags.Base.Orientation: 6}
        assert not image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert image.info.get("icc_profile") == PROFILE
        assert not image.info.get("xmp", b"").strip(b"\0")
        assert "comment" not in image.info
    for name in (OWNER, OWNER.decode().encode("utf-16-le"), b"4711-0815"):
        assert name not in after


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 3])
def test_pixels_frames_and_their_times_stay(kind, count):
    count = 1 if kind in ("JPEG", "BMP") else count
    before = tagged(kind, frames=count)
    after = stripped(before, kind)
    assert same_frames(before, after)
    assert OWNER not in after
    with Image.open(BytesIO(before)) as one, Image.open(BytesIO(after)) as other:
        assert (one.format, one.mode, one.size) == (other.format, other.mode, other.size)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", WITH_EXIF)
def test_every_orientation_stays(kind, turn):
    after = stripped(saved(kind, exif=personal(turn)), kind)
    before = saved(kind, exif=personal(turn))
    with Image.open(BytesIO(before)) as one, Image.open(BytesIO(after)) as other:
        assert orientation(one) == orientation(other) == turn


def test_an_orientation_that_only_xmp_names_stays():
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="8"/></x:xmpmeta>'
    with Image.open(BytesIO(stripped(saved("JPEG", xmp=xmp), "JPEG"))) as image:
        assert orientation(image) == 8


@pytest.mark.parametrize("kind", KINDS)
def test_twice_is_as_once(kind):
    once = stripped(tagged(kind), kind)
    assert stripped(once, kind) == once


@pytest.mark.parametrize("mode", ["L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_other_modes_and_scans_of_a_jpeg(mode, progressive):
    before = tagged("JPEG", picture=drawn(mode), progressive=progressive, dpi=(72, 72))
    after = stripped(before, "JPEG")
    assert same_frames(before, after)
    assert OWNER not in after


def test_what_phones_put_behind_a_picture_is_gone():
    film = b"ftypmp42" + OWNER
    assert stripped(saved("JPEG") + film, "JPEG") == saved("JPEG")
    several = saved("MPO", frames=2)
    after = stripped(several, "JPEG")
    with Image.open(BytesIO(several)) as one, Image.open(BytesIO(after)) as other:
        assert other.format == "JPEG"
        assert np.array_equal(np.asarray(one), np.asarray(other))


def test_comments_between_scans_and_thumbnails_in_headers_are_gone():
    plain = saved("JPEG", progressive=True)
    scan = plain.rindex(b"\xff\xda")
    comment = b"\xff\xfe" + (len(OWNER) + 2).to_bytes(2) + OWNER
    assert stripped(plain[:scan] + comment + plain[scan:], "JPEG") == plain
    at = plain.index(b"JFIF")
    thumbed = plain[:4] + b"\0\x13" + plain[6 : at + 12] + b"\1\1" + OWNER[:3] + plain[at + 14 :]
    assert stripped(thumbed, "JPEG").count(OWNER[:3]) == 0
    assert same_frames(thumbed, stripped(thumbed, "JPEG"))


def test_colours_of_a_png_stay_and_its_dates_go():
    plain = saved("PNG", picture=drawn("P"), transparency=3)
    ends = 33  # of IHDR
    gamma = chunk(b"gAMA", (45455).to_bytes(4))
    more = gamma + chunk(b"tIME", b"\x07\xea\x0b\x16\x0c\0\0") + chunk(b"prVt", OWNER)
    assert stripped(plain[:ends] + more + plain[ends:] + OWNER, "PNG") == (
        plain[:ends] + gamma + plain[ends:]
    )


@pytest.mark.accepts("C09")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_an_archive_behind_a_picture_is_gone(kind):
    assert stripped(saved(kind) + b"PK\3\4" + OWNER, kind) == saved(kind)


@pytest.mark.accepts("C09")
def test_what_follows_the_boxes_of_an_avif_is_refused():
    with pytest.raises(MetadataError, match="cannot be told apart"):
        stripped(saved("AVIF") + b"PK\3\4" + OWNER, "AVIF")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_a_bmp_of_any_depth_ends_where_its_pixels_do(mode):
    picture = drawn().convert(mode)
    assert stripped(saved("BMP", picture=picture) + OWNER, "BMP") == saved("BMP", picture=picture)


def test_the_profile_behind_the_pixels_of_a_bmp_stays():
    plain = saved("BMP", picture=drawn().convert("RGB"))
    newest = bytearray(plain[:14] + (124).to_bytes(4, "little") + plain[18:54] + bytes(84))
    newest[10:14] = (14 + 124).to_bytes(4, "little")
    pixels = plain[54:]
    newest[126:134] = (124 + len(pixels)).to_bytes(4, "little") + len(PROFILE).to_bytes(4, "little")
    whole = bytes(newest) + pixels + PROFILE
    whole = b"BM" + len(whole).to_bytes(4, "little") + whole[6:]
    assert stripped(whole + OWNER, "BMP") == whole


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_file_without_metadata_stays_as_it_is(kind):
    assert stripped(saved(kind), kind) == saved(kind)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP"])
def test_a_file_without_its_end_is_refused(kind):
    with pytest.raises(MetadataError, match="cannot be told apart"):
        stripped(tagged(kind)[:-40], kind)


@pytest.mark.filterwarnings("ignore:::PIL")
@given(st.sampled_from(KINDS[:-1]), st.data())
@settings(max_examples=150, deadline=None)
def test_damage_raises_nothing_else(kind, data):
    content = bytearray(tagged(kind))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(MetadataError):
        stripped(bytes(content), kind)
