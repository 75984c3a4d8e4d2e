/// A safetensors file is refused.
public struct SafetensorsError: MosaicError, Equatable {
  public enum Reason: Error, Equatable {
    case tooShort
    case gitLFSPointer
    case webPage
    case zipArchive
    case pickle
    case headerTooLong(UInt64)
    case headerPastEnd(header: UInt64)
    case json(JSONError)
    case notAnObject(kind: String)
    case noTensors
    case metadata(String)
    case entry(tensor: String, problem: String)
    case unknownDataType(tensor: String, name: String)
    case shapeTooLarge(tensor: String, shape: [Int])
    case byteCount(tensor: String, needs: Int, has: Int)
    case hole(before: String, from: Int, to: Int)
    case overlap(tensor: String, begin: Int, previous: String, previousEnd: Int)
    case dataTooShort(tensor: String, needs: Int, has: Int)
    case trailingBytes(after: String, count: Int)
    case duplicateName(String)
    case reservedName
  }

  public var path: String
  public var byteCount: Int
  public var reason: Reason

  public init(path: String, byteCount: Int, reason: Reason) {
    self.path = path
    self.byteCount = byteCount
    self.reason = reason
  }

  public var description: String { "\(printable(path)): \(what)" }

  public var exitStatus: ExitStatus {
    switch reason {
    case .unknownDataType: .unsupported
    case .duplicateName, .reservedName: .internalError
    default: .badData
    }
  }

  private var what: String {
    switch reason {
    case .tooShort:
      "has \(byteCount) bytes, fewer than the 8 of a safetensors header's length; copy it again"
    case .gitLFSPointer:
      "is a Git LFS pointer (\(byteCount) bytes), not weights; run git lfs pull"
    case .webPage:
      "is a web page, not weights; download it again, with a login where it asks for one"
    case .zipArchive:
      "is a zip archive (PyTorch writes .pt and .ckpt so), not safetensors; \(convertPickle)"
    case .pickle: "is a Python pickle, not safetensors; \(convertPickle)"
    case .headerTooLong(let count):
      "its header would be \(count) bytes, over the limit of \(SafetensorsReader.maximumHeader);"
        + " it is no safetensors file, or damaged"
    case .headerPastEnd(let header):
      "its header needs \(header) bytes after the first 8, but the file has \(byteCount);"
        + " copy it again"
    case .json(let error): "its header is \(error.description); copy or write it again"
    case .notAnObject(let kind): "its header is \(kind), not an object; write it again"
    case .noTensors: "holds no tensors; check that it is the file with the weights"
    case .metadata(let problem): "its __metadata__ \(problem); write it again with strings only"
    case .entry(let tensor, let problem):
      "tensor '\(printable(tensor))': \(problem); write the file again"
    case .unknownDataType(let tensor, let name):
      "tensor '\(printable(tensor))' has dtype '\(printable(name))', which is not supported;"
        + " store it as F32, F16 or BF16"
    case .shapeTooLarge(let tensor, let shape):
      "tensor '\(printable(tensor))': shape \(shape) has more elements than fit in memory;"
        + " the file is damaged"
    case .byteCount(let tensor, let needs, let has):
      "tensor '\(printable(tensor))' needs \(needs) bytes by shape and dtype, but its data_offsets"
        + " hold \(has); write the file again"
    case .hole(let tensor, let from, let to):
      "data bytes \(from)..<\(to) before tensor '\(printable(tensor))' belong to no tensor;"
        + " write the file again"
    case .overlap(let tensor, let begin, let previous, let previousEnd):
      "tensor '\(printable(tensor))' begins at data byte \(begin), inside tensor"
        + " '\(printable(previous))', which ends at \(previousEnd); write the file again"
    case .dataTooShort(let tensor, let needs, let has):
      "tensor '\(printable(tensor))' ends at data byte \(needs), but the file has \(has);"
        + " copy it again"
    case .trailingBytes(let tensor, let count):
      "\(count) bytes follow the last tensor, '\(printable(tensor))'; copy or write it again"
    case .duplicateName(let name): "two tensors or metadata to write are named '\(printable(name))'"
    case .reservedName: "a tensor to write is named __metadata__, which safetensors reserves"
    }
  }

  private var convertPickle: String {
    "loading it could run code, so convert it in Python with safetensors.torch.save_file"
  }
}
