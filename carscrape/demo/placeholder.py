"""The picture a site shows where it has none."""

from PIL import Image, ImageDraw, ImageFont

from carscrape.demo.chance import choose

_WORDS = ("image not available", "no image", "photo coming soon")
_GREYS = ((238, 238, 238), (221, 221, 221), (250, 250, 250))
_SIZES = ((400, 300), (320, 240), (480, 360))


def draw_placeholder(seed: str) -> Image.Image:
    """Grey, framed, and with words in the middle (RGB)."""
    width, height = size = choose(_SIZES, seed, "size")
    image = Image.new("RGB", size, choose(_GREYS, seed, "grey"))
    draw = ImageDraw.Draw(image)
    draw.rectangle((8, 8, width - 9, height - 9), outline=(170, 170, 170), width=2)
    font = ImageFont.load_default(24)
    place = (width / 2, height / 2)
    draw.text(place, choose(_WORDS, seed, "words"), (150, 150, 150), font, anchor="mm")
    return image
