internal import CXXHash
internal import MosaicCore

/// XXH64 with seed 0.
func xxh64(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  mosaic_xxh64(bytes.baseAddress, bytes.count)
}
