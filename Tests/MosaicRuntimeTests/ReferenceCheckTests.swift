import MosaicCore
import MosaicRuntime
import MosaicTestSupport
import Testing

/// One forward against recorded tensors, and recordings that do not fit.
@Suite struct ReferenceCheckTests {
  private let directory: TemporaryDirectory
  private let executor: Executor

  init() throws {
    directory = try TemporaryDirectory()
    executor = try Network("tiny-dit").executor()
  }

  @Test(arguments: ["golden", "golden3"])
  func agreesWithARecording(name: String) throws {
    let report = try executor.compare(
      with: SafetensorsReader(path: Fixtures.path("tiny-dit/\(name).safetensors")))
    #expect(report.relativeError <= 1e-4)
    #expect(report.samples == (name == "golden" ? 2 : 3))
  }

  /// One changed element is found, and its size: the largest of the recording plus what it has.
  @Test func namesTheWorstElement() throws {
    let recording = try Recording(path: Fixtures.path("tiny-dit/golden.safetensors"))
    var output = try recording.floats("output")
    let largest = output.reduce(0) { max($0, abs($1)) }
    output[77] += largest / 2
    let report = try check(["output": TensorView(output, shape: [2, 8, 8, 8])])
    #expect(report.worstElement == 77)
    #expect(report.relativeError > 0.3 && report.relativeError <= 0.5001)
  }

  @Test func takesNaNAsTheWorst() throws {
    let recording = try Recording(path: Fixtures.path("tiny-dit/golden.safetensors"))
    var output = try recording.floats("output")
    output[5] = .nan
    let report = try check(["output": TensorView(output, shape: [2, 8, 8, 8])])
    #expect(report.relativeError == .infinity && report.worstElement == 5)
  }

  @Test func refusesWhatDoesNotFit() {
    refuses(
      ["output": nil],
      "holds no tensor 'output'; record every input of the network by its name, and 'output'")
    refuses(
      ["timestep": nil],
      "holds no tensor 'timestep'; record every input of the network by its name, and 'output'")
    refuses(
      ["output": TensorView([Float](repeating: 0, count: 64), shape: [2, 32])],
      "tensor 'output' must be [n, 8, 8, 8], found [2, 32]")
    refuses(
      ["hidden_states": TensorView([Float](repeating: 0, count: 256), shape: [1, 4, 8, 8])],
      "tensor 'hidden_states' must be [2, 4, 8, 8], found [1, 4, 8, 8]")
    refuses(
      ["class_labels": TensorView([1.5, 2] as [Float], shape: [2])],
      "tensor 'class_labels' must hold integers")
    refuses(
      ["class_labels": TensorView([0, 11] as [Int64], shape: [2])],
      "tensor 'class_labels' holds 11, outside 0..<11")
    refuses(
      ["class_labels": TensorView([-1, 3] as [Int64], shape: [2])],
      "tensor 'class_labels' holds -1, outside 0..<11")
  }

  private var path: String { "\(directory.path)/reference.safetensors" }

  /// Compares with the golden recording, some tensors of it replaced; nil leaves one out.
  private func check(_ replaced: [String: TensorView?]) throws -> ReferenceReport {
    let golden = try SafetensorsReader(path: Fixtures.path("tiny-dit/golden.safetensors"))
    let tensors = golden.names.compactMap { name -> (name: String, tensor: TensorView)? in
      (replaced[name] ?? golden.tensor(name)).map { (name, $0) }
    }
    try SafetensorsWriter.write(tensors, to: path)
    return try executor.compare(with: SafetensorsReader(path: path))
  }

  private func refuses(
    _ replaced: [String: TensorView?], _ message: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: ReferenceError.self, sourceLocation: sourceLocation) {
      try check(replaced)
    }
    #expect(error?.description == "\(path): \(message)", sourceLocation: sourceLocation)
    #expect(error?.exitStatus == .badData, sourceLocation: sourceLocation)
  }
}
