#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers that do not fit in memory, in a file without a name: gone with the process, whatever
/// ends it.
public final class SpillFile: @unchecked Sendable {
  private let descriptor: Int32
  private let path: String
  private var count = 0

  /// Opens the file in `TMPDIR`, or where temporary files usually lie.
  ///
  /// - Throws: `FileError`.
  public init() throws(FileError) {
    let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
    path = "\(directory)/mosaic-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError(path: path, call: "create", isOutput: true) }
    unlink(path)
  }

  deinit { close(descriptor) }

  /// Writes `values` behind what is there.
  ///
  /// - Returns: Their offset in bytes.
  public func append(_ values: [Double]) throws(FileError) -> Int {
    let offset = count
    let bytes = values.count * MemoryLayout<Double>.size
    var done = 0
    while done < bytes {
      let written = values.withUnsafeBytes {
        pwrite(descriptor, $0.baseAddress.map { $0 + done }, bytes - done, off_t(offset + done))
      }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw FileError(path: path, call: "write", isOutput: true) }
      done += written
    }
    count += bytes
    return offset
  }

  /// - Parameter offset: What `append` returned, plus whole numbers.
  public func read(at offset: Int, count: Int) throws(FileError) -> [Double] {
    var values = [Double](repeating: 0, count: count)
    let bytes = count * MemoryLayout<Double>.size
    var done = 0
    while done < bytes {
      let found = values.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress.map { $0 + done }, bytes - done, off_t(offset + done))
      }
      if found < 0 && errno == EINTR { continue }
      guard found > 0 else { throw FileError(path: path, call: "read", isOutput: false) }
      done += found
    }
    return values
  }
}
