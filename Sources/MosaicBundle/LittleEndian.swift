#if _endian(big)
  #error("Bundles and their tensors are little-endian; big-endian hosts are not supported.")
#endif

extension UnsafeRawBufferPointer {
  /// - Precondition: The integer lies inside the buffer.
  func integer<T: FixedWidthInteger>(at offset: Int, as type: T.Type = T.self) -> T {
    precondition(offset >= 0 && offset + MemoryLayout<T>.size <= count)
    return loadUnaligned(fromByteOffset: offset, as: T.self)
  }

  func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[range])
  }
}

extension UnsafeMutableRawBufferPointer {
  func slice(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: self[range])
  }
}
