import MosaicCore
import MosaicTestSupport
import Testing

/// Fixtures/trajectories.json: what diffusers computed, by Fixtures/trajectories.py.
struct TrajectoryReference {
  struct Case: CustomTestStringConvertible {
    let json: JSONValue
    let className: String
    let steps: Int
    let eta: Double
    let timesteps: [Double]
    /// Noise levels, one more than steps; empty where the sampler knows cumulative alphas alone.
    let sigmas: [Double]
    let alphas: [Int: Double]
    let states: [Int: [Double]]

    init(_ json: JSONValue) throws {
      self.json = json
      className = try #require(json["class"]?.string)
      steps = try #require(json["steps"]?.int)
      eta = try #require(json["eta"]?.double)
      timesteps = try Self.numbers(json["timesteps"])
      sigmas = try json["sigmas"].map { try Self.numbers($0) } ?? []
      alphas = try Self.table(json["alphas"]) { try #require($0.double) }
      states = try Self.table(json["states"]) { try Self.numbers($0) }
    }

    private static func numbers(_ json: JSONValue?) throws -> [Double] {
      try #require(json?.array).map { try #require($0.double) }
    }

    private static func table<Value>(
      _ json: JSONValue?, _ read: (JSONValue) throws -> Value
    ) throws -> [Int: Value] {
      var result: [Int: Value] = [:]
      guard let object = json?.object else { return result }
      for (key, value) in object { result[try #require(Int(key))] = try read(value) }
      return result
    }

    var testDescription: String {
      "\(className), \(steps) steps, eta \(eta), \(json["fields"]?.text() ?? "")"
    }

    func config() throws -> SchedulerConfig {
      var fields = try #require(json["fields"]?.object)
      fields["_class_name"] = JSONValue(className)
      var config = try SchedulerConfig(json: .object(fields), file: "trajectories.json")
      config.flow?.dynamicShift?.imageTokens = json["image_tokens"]?.int
      if let endsEvenly = json["ends_evenly"]?.bool { config.flow?.endsEvenly = endsEvenly }
      return config
    }
  }

  let initial: [Double]
  let cases: [Case]

  static let shared: TrajectoryReference = {
    do {
      let file = try MappedFile(path: Fixtures.path("trajectories.json"))
      let json = try file.withBytes { try JSONValue(parsing: $0) }
      return TrajectoryReference(
        initial: json["initial"]?.array?.compactMap(\.double) ?? [],
        cases: try (json["cases"]?.array ?? []).map { try Case($0) })
    } catch {
      preconditionFailure("trajectories.json: \(error)")
    }
  }()
}
