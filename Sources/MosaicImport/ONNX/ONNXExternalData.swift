internal import MosaicCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The files beside a model that hold tensors' bytes.
///
/// A location is a relative path from a stranger. It must lead, symbolic links resolved, to a
/// regular file under the directory that the model was named in or under the one that it really
/// lies in: the caches of model hubs link every file of a model to another place, all to the same
/// one.
///
/// Source: docs/ExternalData.md and docs/ExternalDataSecurity.md in github.com/onnx/onnx.
struct ONNXExternalData {
  private struct Entry {
    var location = ""
    var offset = 0
    var length: Int?
  }

  /// Canonical paths of the directories that may hold the files, without a slash at the end.
  private let roots: [String]
  private var opened: [String: MappedFile] = [:]
  private var fileOfLocation: [String: MappedFile] = [:]
  private var hasChecksum = false

  /// - Parameter path: The model's file; nil where none may be opened.
  init(model path: String?) {
    let directories = path.map { path in [directory(of: path), canonical(path).map(directory)] }
    var roots: [String] = []
    for case let root? in (directories ?? []).map({ $0.flatMap(canonical) })
    where !roots.contains(root) {
      roots.append(root)
    }
    self.roots = roots
  }

  /// In the order of their paths.
  var files: [MappedFile] {
    opened.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  var warnings: [String] {
    hasChecksum ? ["the checksums of external data are not compared"] : []
  }

  /// Returns the bytes of a tensor.
  ///
  /// - Parameters:
  ///   - entries: The keys and values of `external_data`.
  ///   - tensor: What messages call the tensor.
  mutating func bytes(
    _ entries: [(key: String, value: String)], byteCount: Int, tensor: String
  ) throws -> (UnsafeRawBufferPointer, AnyObject) {
    func failure(_ problem: String) -> ONNXError.Reason {
      .external(tensor: tensor, problem: problem)
    }
    let entry = try self.entry(entries, tensor: tensor)
    if let length = entry.length, length != byteCount {
      throw failure("its length is \(length) instead of \(byteCount) bytes")
    }
    let file = try file(at: entry.location, tensor: tensor)
    let size = file.bytes.count
    guard entry.offset <= size, byteCount <= size - entry.offset else {
      throw failure(
        "needs \(byteCount) bytes from \(entry.offset) on of '\(printable(entry.location))',"
          + " which has \(size)")
    }
    let range = entry.offset..<entry.offset + byteCount
    return (UnsafeRawBufferPointer(rebasing: file.bytes[range]), file)
  }

  private mutating func entry(
    _ entries: [(key: String, value: String)], tensor: String
  ) throws(ONNXError.Reason) -> Entry {
    var result = Entry()
    var seen: Set<String> = []
    for (key, value) in entries {
      let quoted = "'\(printable(key))'"
      guard seen.insert(key).inserted else {
        throw .external(tensor: tensor, problem: "has the key \(quoted) twice")
      }
      switch key {
      case "location": result.location = value
      case "offset", "length":
        guard let number = decimal(value) else {
          throw .external(
            tensor: tensor, problem: "its \(key) '\(printable(value))' is no number of bytes")
        }
        if key == "offset" { result.offset = number } else { result.length = number }
      case "checksum": hasChecksum = true
      default: throw .external(tensor: tensor, problem: "has the unknown key \(quoted)")
      }
    }
    guard !result.location.isEmpty else {
      throw .external(tensor: tensor, problem: "names no location")
    }
    return result
  }

  private mutating func file(at location: String, tensor: String) throws -> MappedFile {
    if let file = fileOfLocation[location] { return file }
    let quoted = "'\(printable(location))'"
    func failure(_ problem: String) -> ONNXError.Reason {
      .external(tensor: tensor, problem: "its location \(quoted) \(problem)")
    }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !location.hasPrefix("/"), !parts.contains("..") else {
      throw failure("leads out of the model's directory")
    }
    guard let path = roots.lazy.compactMap({ canonical(join($0, location)) }).first else {
      throw ONNXError.Reason.missingExternal(tensor: tensor, location: location)
    }
    guard roots.contains(where: { path.hasPrefix($0 == "/" ? "/" : $0 + "/") }) else {
      throw failure("leads out of the model's directory")
    }
    // Not even opened: opening a device can do something.
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw failure("is not a regular file")
    }
    let file = try opened[path] ?? MappedFile(path: path)
    opened[path] = file
    fileOfLocation[location] = file
    return file
  }
}

/// The number of a text of digits alone.
private func decimal(_ text: String) -> Int? {
  let isPlain = text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  return isPlain ? Int(text) : nil
}

/// The path with symbolic links resolved, or nil where nothing is there.
private func canonical(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}
