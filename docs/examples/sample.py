#!/usr/bin/env python3
"""Samples a bundle through the C interface, with nothing but Python's standard library.

usage: sample.py LIBRARY BUNDLE [COUNT]
"""

import ctypes
import sys
from ctypes import POINTER, byref, c_char, c_char_p, c_double, c_float, c_int32, c_int64
from ctypes import c_size_t, c_uint64, c_void_p, sizeof


class Error(ctypes.Structure):
    _fields_ = [("code", c_int32), ("text", c_char * 508)]


class Description(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t), ("channels", c_int64), ("height", c_int64), ("width", c_int64),
        ("classes", c_int64), ("variants", c_int64), ("steps", c_int64), ("guidance", c_double),
    ]


class Request(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t), ("count", c_int64), ("steps", c_int64), ("guidance", c_double),
        ("seed", c_uint64), ("classes", POINTER(c_int64)), ("class_count", c_int64),
        ("noise", POINTER(c_float)),
    ]


class Progress(ctypes.Structure):
    _fields_ = [
        ("step", c_int64), ("steps", c_int64), ("variant", c_int64), ("seconds", c_double),
    ]


Callback = ctypes.CFUNCTYPE(c_int32, POINTER(Progress), c_void_p)


class MosaicError(Exception):
    def __init__(self, error: Error):
        super().__init__(error.text.decode())
        self.code = error.code


class Model:
    """An open bundle; close it with `with`."""

    def __init__(self, library: str, path: str):
        self.library = ctypes.CDLL(library)
        self.library.mosaic_open.argtypes = [
            c_char_p, c_void_p, POINTER(c_uint64), POINTER(Error)
        ]
        self.library.mosaic_close.argtypes = [c_uint64, POINTER(Error)]
        self.library.mosaic_describe.argtypes = [c_uint64, POINTER(Description), POINTER(Error)]
        self.library.mosaic_sample.argtypes = [
            c_uint64, POINTER(Request), POINTER(c_float), c_size_t, Callback, c_void_p,
            POINTER(Error),
        ]
        self.handle = c_uint64()
        self.call("mosaic_open", path.encode(), None, byref(self.handle))
        self.description = Description(size=sizeof(Description))
        self.call("mosaic_describe", self.handle, byref(self.description))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.call("mosaic_close", self.handle)

    def call(self, name: str, *arguments) -> None:
        error = Error()
        if getattr(self.library, name)(*arguments, byref(error)) != 0:
            raise MosaicError(error)

    def sample(self, count: int, seed: int, progress=lambda step: None) -> list[list[float]]:
        shape = self.description
        pixels = shape.channels * shape.height * shape.width
        images = (c_float * (count * pixels))()

        def show(step, _user) -> int:
            progress(step.contents)
            return 0

        request = Request(size=sizeof(Request), count=count, seed=seed)
        callback = Callback(show)
        self.call(
            "mosaic_sample", self.handle, byref(request), images, len(images), callback, None
        )
        return [images[i * pixels : (i + 1) * pixels] for i in range(count)]


def main() -> int:
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        return 64

    def show(step: Progress) -> None:
        print(f"step {step.step} of {step.steps}, variant {step.variant}", file=sys.stderr)

    try:
        with Model(sys.argv[1], sys.argv[2]) as model:
            images = model.sample(int(sys.argv[3]) if len(sys.argv) == 4 else 2, 1, show)
    except MosaicError as error:
        print(error, file=sys.stderr)
        return error.code
    for number, image in enumerate(images):
        print(f"image {number}: mean {sum(image) / len(image):.6f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
