internal import MosaicCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Names of files that hold Python pickles.
let pickleSuffixes = [".bin", ".pt", ".pth", ".ckpt"]

/// Returns the names in the directory at `path`, sorted by their bytes, or nil where it is none.
func listDirectory(_ path: String) throws(FileError) -> [String]? {
  guard let directory = opendir(path) else {
    if errno == ENOTDIR { return nil }
    throw FileError(path: path, call: "opendir", isOutput: false)
  }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

func join(_ directory: String, _ name: String) -> String {
  directory.isEmpty ? name : directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
}

/// Returns the path of the directory that holds the file at `path`.
func directory(of path: String) -> String {
  path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
}
