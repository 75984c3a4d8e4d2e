internal import MosaicCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A regular file read at given places.
///
/// Not mapped: a file that shrinks while it is read is then an error, not a signal.
final class PositionedFile: Sendable {
  let path: String
  let size: Int
  private let descriptor: Int32

  init(path: String) throws(FileError) {
    // A FIFO would block an ordinary open.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(path: path, call: "open", isOutput: false) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = FileError(path: path, call: "fstat", isOutput: false)
      close(descriptor)
      throw error
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError(path: path, reason: .notRegular, isOutput: false)
    }
    self.path = path
    self.descriptor = descriptor
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Fills `buffer` from `offset` on.
  func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer, section: @autoclosure () -> String
  ) throws(BundleError.Reason) {
    var done = 0
    while done < buffer.count {
      let rest = buffer.slice(done..<buffer.count)
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw .file(FileError(path: path, call: "read", isOutput: false))
      }
      guard count > 0 else {
        throw .truncated(section: section(), needs: buffer.count, left: done)
      }
      done += count
    }
  }
}
