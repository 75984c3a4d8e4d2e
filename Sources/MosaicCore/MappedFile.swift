#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file's bytes, mapped read-only and unmapped with the last reference.
///
/// The bytes are those of the file: another process that cuts the file short while it is mapped
/// ends this one with SIGBUS, as with every mapping.
public final class MappedFile: @unchecked Sendable {
  public let path: String
  /// Immutable, so that any thread may read it; valid while this object lives. A local variable
  /// ends with its last use, which reading this property may be: then take `withBytes`.
  public let bytes: UnsafeRawBufferPointer

  /// Maps the regular file at `path`; symbolic links are followed, and a file of no bytes is fine.
  ///
  /// - Throws: `FileError` where there is no such file, it is a directory, a pipe or a device, or
  ///   it may not be read.
  public init(path: String) throws(FileError) {
    // The system would take the name to end there, and open another file.
    guard !path.utf8.contains(0) else {
      throw FileError(path: path, reason: .missing, isOutput: false)
    }
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, call: "open", isOutput: false) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(path: path, call: "stat", isOutput: false)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(path: path, reason: .notRegular, isOutput: false)
    }
    self.path = path
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let memory = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let memory, memory != MAP_FAILED else {
      throw FileError(path: path, call: "mmap", isOutput: false)
    }
    bytes = UnsafeRawBufferPointer(start: memory, count: count)
  }

  /// Calls `body` with the bytes, which stay valid until it returns.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  deinit {
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), bytes.count) }
  }
}
