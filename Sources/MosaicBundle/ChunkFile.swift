internal import MosaicCore

/// The file that chunks go to, as threads can share it: one at a time uses it.
final class ChunkFile: @unchecked Sendable {
  /// Until `finish`.
  private var file: AtomicFile?

  /// Leaves room for the header.
  init(path: String, replacing: Bool) throws(FileError) {
    var file = try AtomicFile(path: path, replacing: replacing)
    try file.appendZeros(BundleHeader.size)
    self.file = consume file
  }

  /// Appends `bytes` at `offset`, which is no less than the file's size; zeros come before.
  func append(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    let end = file?.count ?? offset
    try file?.appendZeros(offset - end)
    try file?.append(bytes)
  }

  /// Appends the manifest, writes the header and gives the file its name.
  func finish(manifest: UnsafeRawBufferPointer, header: BundleHeader) throws(FileError) {
    guard var file = file.take() else { preconditionFailure("a bundle is finished once") }
    try file.append(manifest)
    let first = OwnedBytes(count: BundleHeader.size)
    defer { withExtendedLifetime(first) {} }
    first.memory.copyBytes(from: header.bytes)
    try file.write(UnsafeRawBufferPointer(first.memory), at: 0)
    try file.commit()
  }
}

extension AtomicFile {
  fileprivate mutating func appendZeros(_ count: Int) throws(FileError) {
    let zeros = OwnedBytes(count: count)
    defer { withExtendedLifetime(zeros) {} }
    try append(UnsafeRawBufferPointer(zeros.memory))
  }
}
