"""Small copies of pictures."""

from base64 import b64decode
from io import BytesIO

from PIL import Image

from postprocess.thumbnails import thumbnails


def test_thumbnails_are_small_and_bare_and_broken_pictures_are_absent(tmp_path):
    large = Image.new("RGB", (900, 300), "red")
    large.save(tmp_path / "large.jpg", comment=b"secret", exif=b"Exif\0\0secret")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    Image.new("1", (9000, 9000)).save(tmp_path / "bomb.png")
    drawn = thumbnails({path.stem: path for path in tmp_path.iterdir()})
    assert list(drawn) == ["large"]
    assert len(drawn["large"]) < 2000
    assert b"secret" not in b64decode(drawn["large"].partition(",")[2])


def test_a_thumbnail_of_sixteen_bits_is_not_white(tmp_path):
    path = tmp_path / "x.png"
    Image.new("I;16", (64, 64), 0x8000).save(path)
    (uri,) = thumbnails({"x": path}).values()
    with Image.open(BytesIO(b64decode(uri.partition(",")[2]))) as drawn:
        assert drawn.getpixel((30, 30)) == (128, 128, 128)
