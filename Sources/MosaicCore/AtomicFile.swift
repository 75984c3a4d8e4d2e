#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file cannot be opened, read or written.
public struct FileError: MosaicError, Equatable {
  public enum Reason: Sendable, Equatable {
    case missing
    case notRegular
    case permission
    case exists
    case noDirectory
    case system(call: String, code: Int32)
  }

  public var path: String
  public var reason: Reason
  /// Whether the file was to be created.
  public var isOutput: Bool

  public init(path: String, reason: Reason, isOutput: Bool) {
    self.path = path
    self.reason = reason
    self.isOutput = isOutput
  }

  /// The error of a system call that just failed, from `errno`.
  public init(path: String, call: String, code: Int32 = errno, isOutput: Bool) {
    let reason: Reason =
      switch code {
      case ENOENT, ENOTDIR: isOutput ? .noDirectory : .missing
      case EACCES, EPERM, EROFS: .permission
      case EEXIST: .exists
      default: .system(call: call, code: code)
      }
    self.init(path: path, reason: reason, isOutput: isOutput)
  }

  public var description: String {
    let name = printable(path)
    return switch reason {
    case .missing: "\(name): no such file; check the path"
    case .notRegular:
      isOutput
        ? "\(name): is not a regular file; name another output"
        : "\(name): is not a regular file; give a file"
    case .permission:
      isOutput
        ? "\(name): may not be written here; choose another directory or change its permissions"
        : "\(name): may not be read; change its permissions"
    case .exists: "\(name): exists already, and --no-clobber was given"
    case .noDirectory: "\(name): its directory does not exist; create it first"
    case .system(let call, let code): "\(name): \(call) failed: \(String(cString: strerror(code)))"
    }
  }

  public var exitStatus: ExitStatus {
    switch reason {
    case .missing: .missingInput
    case .permission: .permission
    case .exists, .noDirectory: .cannotCreate
    case .notRegular: isOutput ? .cannotCreate : .badData
    case .system: .inputOutput
    }
  }
}

/// A file that appears under its name whole or not at all.
///
/// Bytes go to a temporary file beside the target; `commit` makes them durable and renames.
/// Dropped without `commit`, the temporary file is removed and the target is untouched. A process
/// that is killed leaves it behind as `.NAME.tmp-PROCESS-TAG`, which is safe to remove.
///
/// A symbolic link to a file is replaced by a file; what it led to is untouched.
public struct AtomicFile: ~Copyable {
  public let path: String
  private let temporaryPath: String
  private let descriptor: Int32
  private var isCommitted = false
  /// Bytes appended so far.
  public private(set) var count = 0

  /// - Throws: `FileError` where the directory is missing or read-only, the target is not a
  ///   regular file, or it exists and `replacing` is false.
  public init(path: String, replacing: Bool = true) throws(FileError) {
    guard !path.isEmpty else { throw FileError(path: path, reason: .noDirectory, isOutput: true) }
    // The system would take the name to end there, and replace another file.
    guard !path.utf8.contains(0) else {
      throw FileError(path: path, call: "create", code: EINVAL, isOutput: true)
    }
    var status = stat()
    if lstat(path, &status) == 0 {
      guard replacing else { throw FileError(path: path, reason: .exists, isOutput: true) }
      guard status.st_mode & S_IFMT == S_IFREG || stat(path, &status) == 0,
        status.st_mode & S_IFMT == S_IFREG
      else { throw FileError(path: path, reason: .notRegular, isOutput: true) }
    }
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { String(path[...$0]) } ?? ""
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    let tag = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    // Names end at 255 bytes.
    let start = String(decoding: name.utf8.prefix(200), as: UTF8.self)
    let temporary = "\(directory).\(start).tmp-\(getpid())-\(tag)"
    let opened = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard opened >= 0 else { throw FileError(path: path, call: "create", isOutput: true) }
    self.path = path
    temporaryPath = temporary
    descriptor = opened
  }

  deinit {
    close(descriptor)
    if !isCommitted { unlink(temporaryPath) }
  }

  /// Writes `bytes` after what was appended before.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    try write(bytes, at: count)
    count += bytes.count
  }

  /// Writes `bytes` at `offset` and leaves the place of appending alone.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let written = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw FileError(path: path, call: "write", isOutput: true) }
      done += written
    }
  }

  /// Makes the bytes durable and gives them the target's name.
  ///
  /// Where the directory cannot be made durable too, a loss of power may bring the old file back,
  /// whole; that is no error.
  public consuming func commit() throws(FileError) {
    guard fsync(descriptor) == 0 else {
      throw FileError(path: path, call: "fsync", isOutput: true)
    }
    guard rename(temporaryPath, path) == 0 else {
      throw FileError(path: path, call: "rename", isOutput: true)
    }
    isCommitted = true
    // The rename itself is durable once the directory is.
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let handle = open(directory, O_RDONLY | O_CLOEXEC)
    if handle >= 0 {
      fsync(handle)
      close(handle)
    }
  }
}

extension AtomicFile {
  /// Writes a whole file at once.
  public static func write(
    _ bytes: [UInt8], to path: String, replacing: Bool = true
  ) throws(FileError) {
    var file = try AtomicFile(path: path, replacing: replacing)
    let memory = bytes.withUnsafeBytes { OwnedBytes(copying: $0, count: $0.count) }
    defer { withExtendedLifetime(memory) {} }
    try file.append(UnsafeRawBufferPointer(memory.memory))
    try file.commit()
  }
}
