import MosaicCore
import MosaicKernels
import MosaicRuntime

/// What `bench` found, as text and as JSON.
struct BenchReport {
  struct Network {
    var name: String
    /// Of a bundle; nil for a checkpoint that is timed beside it.
    var variant: Int?
    var benchmark: ForwardBenchmark
  }

  struct Step {
    var number: Int
    var timestep: Double
    var variant: Int
  }

  var model: String
  var batch: Int
  var threads: Int
  var networks: [Network]
  var steps: [Step]

  // MARK: Text

  var text: String {
    let head =
      "\(printable(model, limit: 400)): batch \(batch), \(threads) "
      + "thread\(threads == 1 ? "" : "s"), \(KernelLevel.current.name) kernels, "
      + "OpenBLAS \(BLAS.coreName)"
    return ([head] + networks.map(text) + [stepText]).filter { !$0.isEmpty }
      .joined(separator: "\n\n")
  }

  private func text(_ network: Network) -> String {
    let benchmark = network.benchmark
    let sorted = benchmark.seconds.sorted()
    let median = benchmark.medianSeconds
    var table = TextTable(header: ["operation", "calls", "ms", "share", "GFLOP/s"])
    for operation in benchmark.operations {
      table.add([
        operation.name, "\(operation.calls)", significant(1000 * operation.seconds),
        "\(fixed(100 * operation.seconds / max(median, 1e-12), 1)) %",
        operation.flops > 0 ? fixed(1e-9 * operation.flops / operation.seconds, 0) : "",
      ])
    }
    let speed = speedup(of: network).map { ", \(fixed($0, 2)) x dense" } ?? ""
    return """
      \(network.name): \(significant(1000 * median)) ms a forward \
      (\(significant(1000 * (sorted.first ?? 0))) to \(significant(1000 * (sorted.last ?? 0)))), \
      \(fixed(1e-9 * benchmark.flops / max(median, 1e-12), 0)) GFLOP/s\(speed); \
      weights \(byteText(benchmark.weightBytes)), activations \(byteText(benchmark.activationBytes))
      \(table.text)
      """
  }

  /// How much faster than the checkpoint beside it.
  private func speedup(of network: Network) -> Double? {
    guard let dense = networks.first(where: { $0.variant == nil }), network.variant != nil,
      network.benchmark.medianSeconds > 0
    else { return nil }
    return dense.benchmark.medianSeconds / network.benchmark.medianSeconds
  }

  private func seconds(of step: Step) -> Double {
    networks.first { $0.variant == step.variant }?.benchmark.medianSeconds ?? 0
  }

  private var stepText: String {
    guard let last = steps.last else { return "" }
    var table = TextTable(header: ["steps", "timesteps", "variant", "ms a step"])
    var start = 0
    while start < steps.count {
      let end = steps[start...].firstIndex { $0.variant != steps[start].variant } ?? steps.count
      let (from, to) = (steps[start], steps[end - 1])
      table.add([
        start == end - 1 ? "\(from.number + 1)" : "\(from.number + 1)-\(to.number + 1)",
        start == end - 1
          ? timestepText(from.timestep)
          : "\(timestepText(from.timestep))-\(timestepText(to.timestep))",
        "\(from.variant)", significant(1000 * seconds(of: from)),
      ])
      start = end
    }
    let total = steps.reduce(0) { $0 + seconds(of: $1) }
    return "\(last.number + 1) steps: \(significant(total)) s of forwards\n\(table.text)"
  }

  // MARK: JSON

  var json: JSONValue {
    [
      "schema": "mosaic.bench/1", "model": JSONValue(model), "batch": JSONValue(batch),
      "threads": JSONValue(threads), "kernels": JSONValue(KernelLevel.current.name),
      "openblas_core": JSONValue(BLAS.coreName), "openblas_config": JSONValue(BLAS.config),
      "networks": JSONValue(networks.map(json)),
      "steps": JSONValue(
        steps.map { step -> JSONValue in
          [
            "step": JSONValue(step.number), "timestep": JSONValue(step.timestep),
            "variant": JSONValue(step.variant),
            "milliseconds": JSONValue(1000 * seconds(of: step)),
          ]
        }),
    ]
  }

  private func json(_ network: Network) -> JSONValue {
    let benchmark = network.benchmark
    var json = JSONObject()
    json["name"] = JSONValue(network.name)
    if let variant = network.variant { json["variant"] = JSONValue(variant) }
    json["median_milliseconds"] = JSONValue(1000 * benchmark.medianSeconds)
    json["milliseconds"] = JSONValue(benchmark.seconds.map { JSONValue(1000 * $0) })
    json["gflop"] = JSONValue(1e-9 * benchmark.flops)
    json["weight_bytes"] = JSONValue(benchmark.weightBytes)
    json["activation_bytes"] = JSONValue(benchmark.activationBytes)
    if let speedup = speedup(of: network) { json["speedup"] = JSONValue(speedup) }
    json["operations"] = JSONValue(
      benchmark.operations.map { operation -> JSONValue in
        [
          "name": JSONValue(operation.name), "calls": JSONValue(operation.calls),
          "milliseconds": JSONValue(1000 * operation.seconds),
          "share": JSONValue(operation.seconds / max(benchmark.medianSeconds, 1e-12)),
          "gflop": JSONValue(1e-9 * operation.flops),
        ]
      })
    return .object(json)
  }
}
