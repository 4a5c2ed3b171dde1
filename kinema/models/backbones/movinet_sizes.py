"""The table of MoViNets, which were found by search (Kondratyuk et al., arXiv:2103.11511, appendix, A0 to A5).

A block is written as its inner channels and its kernel: "184 5x3" covers 5 frames and 3 x 3 pixels.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """A row: the clip it was searched for, channels of the stem, five stages, and channels of the last convolution."""

    frames: int
    stride: int  # frames of the video from one to the next, at 25 a second
    pixels: int
    stem: int
    stages: tuple[tuple[int, int, str], ...]  # channels, step in pixels, blocks
    last: int


SIZES = {
    "movinet_a0": Size(50, 5, 172, 8, (
        (8, 2, "24 1x5"),
        (32, 2, "80 3x3, 80 3x3, 80 3x3"),
        (56, 2, "184 5x3, 112 3x3, 184 3x3"),
        (56, 1, "184 5x3, 184 3x3, 184 3x3, 184 3x3"),
        (104, 2, "384 5x3, 280 1x5, 280 1x5, 344 1x5"),
    ), 480),
    "movinet_a1": Size(50, 5, 172, 16, (
        (16, 2, "40 1x5, 40 3x3"),
        (40, 2, "96 3x3, 120 3x3, 96 3x3, 96 3x3"),
        (64, 2, "216 5x3, 128 3x3, 216 3x3, 168 3x3, 216 3x3"),
        (64, 1, "216 5x3, 216 3x3, 216 3x3, 128 3x3, 128 1x5, 216 3x3"),
        (136, 2, "456 5x3, 360 1x5, 360 1x5, 360 1x5, 456 1x5, 456 3x3, 544 1x3"),
    ), 600),
    "movinet_a2": Size(50, 5, 224, 16, (
        (16, 2, "40 1x5, 40 3x3, 64 3x3"),
        (40, 2, "96 3x3, 120 3x3, 96 3x3, 96 3x3, 120 3x3"),
        (72, 2, "240 5x3, 160 3x3, 240 3x3, 192 3x3, 240 3x3"),
        (72, 1, "240 5x3, 240 3x3, 240 3x3, 240 3x3, 144 1x5, 240 3x3"),
        (144, 2, "480 5x3, 384 1x5, 384 1x5, 480 1x5, 480 1x5, 480 3x3, 576 1x3"),
    ), 640),
    "movinet_a3": Size(120, 2, 256, 16, (
        (16, 2, "40 1x5, 40 3x3, 64 3x3, 40 3x3"),
        (48, 2, "112 3x3, 144 3x3, 112 3x3, 112 1x5, 144 3x3, 144 3x3"),
        (80, 2, "240 5x3, 152 3x3, 240 3x3, 192 3x3, 240 3x3"),
        (88, 1, "264 5x3, 264 3x3, 264 3x3, 264 3x3, 160 1x5, 264 3x3, 264 3x3, 264 3x3"),
        (168, 2, "560 5x3, 448 1x5, 448 1x5, 560 1x5, 560 1x5, 560 3x3, 448 1x5, 448 1x5, 560 3x3, 672 1x3"),
    ), 744),
    "movinet_a4": Size(80, 3, 290, 24, (
        (24, 2, "64 1x5, 64 3x3, 96 3x3, 64 3x3, 96 3x3, 64 3x3"),
        (56, 2, "168 3x3, 168 3x3, 136 3x3, 136 3x3, 168 3x3, 168 3x3, 168 3x3, 136 1x5, 136 3x3"),
        (96, 2, "320 5x3, 160 3x3, 320 3x3, 192 3x3, 320 3x3, 160 3x3, 320 3x3, 256 3x3, 320 3x3"),
        (96, 1, "320 5x3, 320 3x3, 320 3x3, 320 3x3, 192 1x5, 320 3x3, 320 3x3, 192 3x3, 320 3x3, 320 3x3"),
        (192, 2, "640 5x3, 512 1x5, 512 1x5, 640 1x5, 640 1x5, 640 3x3, 512 1x5, 512 1x5, 640 1x5, 768 1x5, 640 1x5, "
                 "640 3x3, 768 3x3"),
    ), 856),
    "movinet_a5": Size(120, 2, 320, 24, (
        (24, 2, "64 1x5, 64 1x5, 96 3x3, 64 3x3, 96 3x3, 64 3x3"),
        (64, 2, "192 5x3, 152 3x3, 152 3x3, 152 3x3, 192 3x3, 192 3x3, 192 3x3, 152 3x3, 152 3x3, 192 3x3, 192 3x3"),
        (112, 2, "376 5x3, 224 3x3, 376 3x3, 376 3x3, 296 3x3, 376 3x3, 224 3x3, 376 3x3, 376 3x3, 296 3x3, 376 3x3, "
                 "376 3x3, 376 3x3"),
        (120, 1, "376 5x3, 376 3x3, 376 3x3, 376 3x3, 224 1x5, 376 3x3, 376 3x3, 224 3x3, 376 3x3, 376 3x3, 376 3x3"),
        (224, 2, "744 5x3, 744 3x3, 600 1x5, 600 1x5, 744 1x5, 744 1x5, 744 3x3, 896 1x5, 600 1x5, 600 1x5, 896 1x5, "
                 "744 1x5, 744 3x3, 896 1x5, 600 1x5, 600 1x5, 744 1x5, 744 3x3"),
    ), 992),
}


def blocks(text: str) -> list[tuple[int, int, int]]:
    """The blocks of a stage: inner channels, frames and pixels that the kernel covers."""
    pairs = (block.split() for block in text.split(", "))
    return [(int(width), int(kernel[0]), int(kernel[2])) for width, kernel in pairs]
