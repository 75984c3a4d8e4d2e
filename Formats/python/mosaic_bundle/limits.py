"""What a bundle may declare (Formats/MOSAIC.md, Limits)."""

MANIFEST_BYTES = 64 << 20
MANIFEST_RATIO = 100
UNPACKED_BYTES = 512 << 20
MESSAGE_DEPTH = 16
CHUNK_BYTES = 16 << 20
CHUNKS = 1 << 22
TENSORS = 1 << 20
VARIANTS = 256
INSTRUCTIONS = 1 << 20
VALUES = 1 << 21
WRITTEN_PARTS = 1024
PLANS = 64
PLAN_STEPS = 4096
REUSABLE_UNITS = 1024
MAP_RANK = 4096
RANK = 8
SIZE = 1 << 40
# Rows or columns of a matrix, which libraries for products index with 32 bits.
MATRIX_SIDE = (1 << 31) - 1
NAME_BYTES = 1024
NUMBER = (1 << 62) - 1

# Chunks of at least this many stored bytes start at a page, smaller ones at a line.
PAGE_ALIGNED_FROM = 64 << 10
PAGE = 4096
LINE = 64
