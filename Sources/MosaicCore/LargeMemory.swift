#if canImport(Glibc)
  import Glibc
#endif

/// Memory of so many bytes and over comes from the system and goes back to it at once. An allocator
/// would keep what is freed in pieces, and weights that are read, rearranged and freed would take up
/// to a quarter more than they need.
private let mappedSize = 1 << 19

private let hugePage = 2 << 20

extension UnsafeMutableRawPointer {
  /// Memory of `byteCount` bytes, 64-byte aligned, to be freed by `deallocateAligned`. Large memory
  /// is asked of the system in huge pages: it is handed out sooner, and reached through fewer tables.
  public static func allocateAligned(byteCount: Int) -> UnsafeMutableRawPointer {
    #if canImport(Glibc)
      if byteCount >= mappedSize { return mapped(byteCount: byteCount) }
    #endif
    return allocate(byteCount: byteCount, alignment: 64)
  }

  /// Frees what `allocateAligned` gave for as many bytes.
  public func deallocateAligned(byteCount: Int) {
    #if canImport(Glibc)
      if byteCount >= mappedSize {
        munmap(self, byteCount)
        return
      }
    #endif
    deallocate()
  }

  #if canImport(Glibc)
    private static func mapped(byteCount: Int) -> UnsafeMutableRawPointer {
      let margin = byteCount >= hugePage ? hugePage : 0
      guard
        let memory = mmap(
          nil, byteCount + margin, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        memory != MAP_FAILED
      else { preconditionFailure("the system has no \(byteCount) bytes of memory left") }
      guard margin > 0 else { return memory }
      // Begins at a huge page; what lies before and behind is given back. What does not fill huge
      // pages stays in small ones: less than a page is lost.
      let skipped = -Int(bitPattern: memory) & (hugePage - 1)
      let start = memory + skipped
      let page = Int(getpagesize())
      let used = (byteCount + page - 1) / page * page
      if skipped > 0 { munmap(memory, skipped) }
      // What was mapped ends at a page as well.
      let rest = (byteCount + margin + page - 1) / page * page - skipped - used
      if rest > 0 { munmap(start + used, rest) }
      madvise(start, byteCount / hugePage * hugePage, MADV_HUGEPAGE)
      return start
    }
  #endif
}
