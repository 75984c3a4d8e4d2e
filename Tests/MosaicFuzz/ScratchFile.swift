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
