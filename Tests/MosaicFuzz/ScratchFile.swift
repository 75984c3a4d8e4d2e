#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes a file that may be lost: it is neither synced nor replaced at once.
func overwrite(_ path: String, with bytes: [UInt8]) {
  let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
  guard file >= 0, pwrite(file, bytes, bytes.count, 0) == bytes.count else {
    fail("cannot write \(path)")
  }
  close(file)
}

/// A file that says which case is being read, so that a case can be told after a crash; much less
/// work than to write each case down.
struct CaseLog {
  private let file: Int32

  init(path: String) {
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o666)
    if file < 0 { fail("cannot write \(path)") }
  }

  /// The first line is the name; what follows is left of earlier ones.
  func enter(_ name: String) {
    let line = Array("\(name)\n".utf8)
    _ = pwrite(file, line, line.count, 0)
  }
}
