import MosaicCore
import MosaicIR
import MosaicImport
import MosaicTestSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Reads damaged ONNX models: each is refused with an error, or read whole; what can be imported is,
/// and runs where that takes little.
struct ONNXFuzzing {
  let seed: Int
  private let path: String
  private let log: CaseLog
  private let seeds: [ONNXSeed]
  private var clock = CaseClock()
  private var counts: [String: Int] = [:]

  /// - Parameter directory: Where the files of external data lie. After a crash `case` says there
  ///   which case it was; a run of that one alone leaves it as `mutant.onnx`.
  init(directory: String, seed: Int) throws {
    path = "\(directory)/mutant.onnx"
    log = CaseLog(path: "\(directory)/case")
    self.seed = seed
    seeds = try ONNXSeed.all(in: directory)
  }

  /// - Parameters:
  ///   - first: The number of the first random case.
  ///   - isSystematic: Whether every truncation and every flipped bit of the small models comes
  ///     first.
  mutating func run(cases: Int, first: Int, isSystematic: Bool) {
    for (index, seed) in seeds.enumerated() {
      let outcome = read(seed.file, inFile: seed.hasExternalData, "seed \(index)")
      if outcome.hasPrefix("refused") { fail("ONNX seed \(index) is refused") }
      counts[outcome, default: 0] += 1
    }
    // Four are networks: without them, no case would reach what lies behind the import.
    if counts["run"] != 4 { fail("not all ONNX seeds that can run do: \(counts)") }
    counts = [:]
    if isSystematic { runSystematically() }
    for index in first..<first + cases {
      log.enter("ONNX case \(index) of seed \(seed)")
      let (file, inFile) = mutant(seed: UInt64(seed) << 32 | UInt64(index))
      if cases == 1 { overwrite(path, with: file) }
      let name = "ONNX case \(index) of seed \(seed)"
      counts[read(file, inFile: inFile, name), default: 0] += 1
    }
    report("random ONNX cases of seed \(seed)")
    if cases != 1 { unlink(path) }
  }

  private mutating func runSystematically() {
    for (number, seed) in seeds.dropLast().enumerated() {
      for count in seed.file.indices {
        let name = "truncation \(count) of ONNX seed \(number)"
        log.enter(name)
        let file = Array(seed.file[..<count])
        counts[read(file, inFile: seed.hasExternalData, name), default: 0] += 1
      }
      for bit in 0..<8 * seed.file.count {
        var file = seed.file
        file[bit / 8] ^= 1 << UInt8(bit % 8)
        let name = "flipped bit \(bit) of ONNX seed \(number)"
        log.enter(name)
        counts[read(file, inFile: seed.hasExternalData, name), default: 0] += 1
      }
    }
    report("systematic ONNX cases")
  }

  private mutating func report(_ title: String) {
    let list = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    let cases = counts.values.reduce(0, +)
    print("\(cases) \(title): \(list.joined(separator: ", ")); \(clock.report)")
    counts = [:]
  }

  /// A damaged model, and whether it is read from its file rather than from memory.
  private func mutant(seed: UInt64) -> ([UInt8], Bool) {
    var random = SplitMix64(seed: seed)
    // Few of the one that is large, and of the one that only shows where files may lie.
    let index: Int =
      switch Int.random(in: 0..<256, using: &random) {
      case 0: seeds.count - 1
      case 1..<17: seeds.count - 2
      case let other: other % (seeds.count - 2)
      }
    let seed = seeds[index]
    if Int.random(in: 0..<4, using: &random) == 0 {
      var file = seed.file
      for _ in 0..<Int.random(in: 1...3, using: &random) { file.damage(&random) }
      return (file, seed.hasExternalData)
    }
    var tree = seed.tree
    for _ in 0..<Int.random(in: 1...3, using: &random) { tree.mutate(&random) }
    return (tree.encoded, seed.hasExternalData)
  }

  private mutating func read(_ file: [UInt8], inFile: Bool, _ name: String) -> String {
    if inFile { overwrite(path, with: file) }
    // Of exactly the file's size, so that the sanitizer sees a read past the end.
    let memory = file.withUnsafeBytes { OwnedBytes(copying: $0, count: file.count) }
    return clock.measure(name) { [path] in
      Self.outcome(name) {
        inFile
          ? try ONNXModel(path: path)
          : try ONNXModel(
            path: "m.onnx", bytes: UnsafeRawBufferPointer(memory.memory), owner: memory)
      }
    }
  }

  /// Bytes of values, so that no case takes long to run: operations that few networks have are slow.
  private static let runBytes = 1 << 20

  private static func outcome(_ name: String, _ open: () throws -> ONNXModel) -> String {
    do {
      let model = try open()
      for initialiser in model.graph.initialisers {
        let tensor = initialiser.tensor
        withExtendedLifetime(tensor.owner) { _ = tensor.bytes.reduce(0, ^) }
        if model.tensor(initialiser.name) == nil { fail("\(name): lost an initialiser") }
      }
      for warning in model.warnings { checkPrintable(warning, name) }
      for node in model.graph.nodes { checkPrintable(node.label, name) }
      return try imported(model, name)
    } catch let error as any MosaicError {
      checkPrintable(error.description, name)
      guard let error = error as? ONNXError else { return "no file" }
      return if case .wire = error.reason { "refused by the scanner" } else { "refused" }
    } catch {
      fail("\(name): \(error)")
    }
  }

  private static func imported(_ model: ONNXModel, _ name: String) throws -> String {
    let network: ONNXNetwork
    do throws(ONNXError) {
      network = try model.network()
    } catch {
      checkPrintable(error.description, name)
      return "not imported"
    }
    guard network.graph.macs <= 1 << 20 else { return "imported" }
    checkPrintable(network.graph.description.split(separator: "\n").joined(), name)
    let simplified = try network.graph.simplified(weights: network.weights)
    var inputs: [String: Tensor] = [:]
    for id in network.graph.inputs {
      let type = network.graph[id].type
      let shape = type.shape(batch: 2)
      guard let count = elementCount(of: shape), count <= 1 << 16 else { return "imported" }
      let numbers = (0..<count).map { Double($0 % 7) }
      inputs[network.graph[id].name] = Tensor(doubles: numbers, shape: shape, as: type.element)
    }
    do {
      _ = try network.graph.interpret(
        inputs: inputs, maximumBytes: runBytes,
        weights: { id in network.weights.tensor(network.graph[id].name).map { Tensor($0) } })
      _ = try simplified.graph.interpret(
        inputs: inputs, maximumBytes: runBytes,
        weights: { id in simplified.weights.tensor(simplified.graph[id].name).map { Tensor($0) } })
      return "run"
    } catch let error as InterpreterError {
      checkPrintable(error.description, name)
      return "not run"
    }
  }
}
