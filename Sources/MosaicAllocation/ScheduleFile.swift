public import MosaicCore

/// A schedule made by hand, as JSON:
///
///     {"schema": "mosaic.schedule/1",
///      "ranges": [{"steps": 8, "sparsity": 0.5}, {"timesteps": [599, 0], "sparsity": 0.1}]}
///
/// Ranges follow each other from the noisiest step on. A range says how many steps it has, or the
/// first and last timestep it takes, which holds for any number of steps.
public struct ScheduleFile: Sendable, Equatable {
  public enum Extent: Sendable, Equatable {
    /// So many sampling steps, 1 or more.
    case steps(Int)
    /// The steps whose timestep is from `first` down to `last`.
    case timesteps(first: Int, last: Int)
  }

  public struct Entry: Sendable, Equatable {
    public var extent: Extent
    public var sparsity: Double

    public init(_ extent: Extent, sparsity: Double) {
      self.extent = extent
      self.sparsity = sparsity
    }
  }

  public static let schema = "mosaic.schedule/1"

  public var ranges: [Entry]
  /// Named in errors.
  public var file: String

  /// - Throws: `AllocationFileError`.
  public init(parsing text: String, file: String) throws(AllocationFileError) {
    var fields = try FileFields(parsing: text, file: file, schema: Self.schema)
    var ranges: [Entry] = []
    for var entry in try fields.objects("ranges") {
      let extent = try Self.extent(&entry)
      let sparsity = try entry.number("sparsity", "a number from 0 to 1") { (0...1).contains($0) }
      try entry.refuseTheRest()
      ranges.append(Entry(extent, sparsity: sparsity))
    }
    try fields.refuseTheRest()
    self.ranges = ranges
    self.file = file
  }

  private static func extent(_ entry: inout FileFields) throws(AllocationFileError) -> Extent {
    guard entry.has("timesteps") else {
      return .steps(
        try entry.take("steps", "a number of steps, 1 or more") { json in
          json.int.flatMap { $0 >= 1 ? $0 : nil }
        })
    }
    let ends = try entry.take(
      "timesteps", "[first, last], two integers of 0 or more that do not rise"
    ) { json -> [Int]? in
      let ends = json.array?.compactMap(\.int) ?? []
      return ends.count == 2 && json.array?.count == 2 && ends[0] >= ends[1] && ends[1] >= 0
        ? ends : nil
    }
    return .timesteps(first: ends[0], last: ends[1])
  }

  /// The file that gives this schedule back, with numbers of steps.
  public init(_ schedule: SparsitySchedule, file: String = "schedule") {
    ranges = schedule.ranges.map { Entry(.steps($0.steps.count), sparsity: $0.sparsity) }
    self.file = file
  }

  public var json: JSONValue {
    let ranges = self.ranges.map { range -> JSONValue in
      switch range.extent {
      case .steps(let count):
        ["steps": JSONValue(count), "sparsity": JSONValue(range.sparsity)]
      case .timesteps(let first, let last):
        [
          "timesteps": [JSONValue(first), JSONValue(last)],
          "sparsity": JSONValue(range.sparsity),
        ]
      }
    }
    return ["schema": JSONValue(Self.schema), "ranges": JSONValue(ranges)]
  }
}
