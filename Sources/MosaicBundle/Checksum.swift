internal import CXXHash

/// XXH64 with seed 0.
public func xxh64(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  mosaic_xxh64(bytes.baseAddress, bytes.count)
}
