#if canImport(Glibc)
  import Glibc
#endif

extension UnsafeMutableRawPointer {
  /// Memory of `byteCount` bytes, 64-byte aligned, to be freed by `deallocate`. Large memory is
  /// asked of the system in huge pages: it is handed out sooner, and reached through fewer tables.
  public static func allocateAligned(byteCount: Int) -> UnsafeMutableRawPointer {
    #if canImport(Glibc)
      let hugePage = 2 << 20
      // What does not fill huge pages stays in small ones: less than a page is lost.
      if byteCount >= 2 * hugePage {
        let memory = allocate(byteCount: byteCount, alignment: hugePage)
        madvise(memory, byteCount / hugePage * hugePage, MADV_HUGEPAGE)
        return memory
      }
    #endif
    return allocate(byteCount: byteCount, alignment: 64)
  }
}
