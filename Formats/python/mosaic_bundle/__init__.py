"""Reads mosaic bundles (Formats/MOSAIC.md) with numpy, zstandard and protobuf.

    import mosaic_bundle

    weights = mosaic_bundle.load_variant("letters.mosaic", logsnr=-2.0)
    for name, array in weights.items():
        print(name, array.shape)

The second implementation of the format, written for being read: it makes every check of the
specification, and runs nothing.
"""

from .bundle import Bundle, load_variant
from .dit import Block, Dit, load_dit
from .errors import BundleError, UnsupportedBundle

__all__ = [
    "Block",
    "Bundle",
    "BundleError",
    "Dit",
    "UnsupportedBundle",
    "load_dit",
    "load_variant",
]
