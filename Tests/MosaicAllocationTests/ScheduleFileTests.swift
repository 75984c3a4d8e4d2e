import MosaicCore
import Testing

@testable import MosaicAllocation

@Suite struct ScheduleFileTests {
  /// Ten steps at timesteps 900, 800, …, 0, measured in buckets of two.
  static let timesteps: [Double] = (0..<10).map { 900 - 100 * Double($0) }

  static func problem(budget: Double = 0.7) throws -> AllocationProblem {
    try AllocationProblem(
      model: try randomModel(steps: 10, seed: 1), cost: try evenCost(steps: 10), budget: budget,
      boundaries: [0, 2, 4, 6, 8])
  }

  static func file(_ ranges: String) throws -> ScheduleFile {
    try ScheduleFile(
      parsing: #"{"schema": "mosaic.schedule/1", "ranges": [\#(ranges)]}"#, file: "s.json")
  }

  @Test(arguments: [
    #"{"steps": 4, "sparsity": 0.5}, {"steps": 6, "sparsity": 0}"#,
    #"{"timesteps": [999, 600], "sparsity": 0.5}, {"timesteps": [599, 0], "sparsity": 0}"#,
    #"{"steps": 4, "sparsity": 0.5}, {"timesteps": [500, 0], "sparsity": 0}"#,
  ])
  func stepsAndTimestepsSayTheSame(ranges: String) throws {
    let problem = try Self.problem()
    let schedule = try Self.file(ranges).schedule(for: problem, timesteps: Self.timesteps)
    #expect(schedule.kind == .file)
    #expect(
      schedule.ranges == [
        StepRange(steps: 0..<4, sparsity: 0.5), StepRange(steps: 4..<10, sparsity: 0),
      ])
    // Four steps of ten save half of their nine tenths.
    #expect(abs(schedule.costShare - (1 - 0.4 * 0.9 * 0.5)) <= 1e-12)
    #expect(schedule.budget == schedule.costShare)
    #expect(schedule.target == .macs(schedule.costShare))
    #expect(schedule.predictedError == problem.model.predictedError(schedule.sparsities))
  }

  @Test func aScheduleIsWrittenAndReadBack() throws {
    let problem = try Self.problem()
    let solved = try SparsitySchedule.solved(ranges: 3, for: problem)
    let text = ScheduleFile(solved).json.text(indented: true)
    let read = try ScheduleFile(parsing: text, file: "s.json")
      .schedule(for: problem, timesteps: Self.timesteps)
    #expect(read.ranges == solved.ranges)
    #expect(read.predictedError == solved.predictedError)
    let byHand = try Self.file(#"{"timesteps": [999, 0], "sparsity": 0.25}"#)
    #expect(try ScheduleFile(parsing: byHand.json.text(), file: "s.json") == byHand)
  }

  /// A schedule made by hand is what was asked for, whatever the request's budget.
  @Test func aRequestDescribesIt() throws {
    let request = try BudgetTests.request(.milliseconds(100))
    let file = try Self.file(#"{"steps": 20, "sparsity": 0.5}"#)
    let schedule = request.described(
      try file.schedule(for: request.problem(atMACs: 1), timesteps: (0..<20).reversed().map(Double.init)))
    #expect(schedule.milliseconds == 140)
    #expect(schedule.bytes == 300 + 200 + 145 + 10)
    #expect(schedule.target == .macs(schedule.costShare))
  }

  @Test(arguments: [
    (
      #"{"steps": 0, "sparsity": 0}"#, "ranges[0].steps is 0; expected a number of steps, 1 or more"
    ),
    (#"{"sparsity": 0}"#, "ranges[0].steps is missing; expected a number of steps, 1 or more"),
    (#"{"steps": 2}"#, "ranges[0].sparsity is missing; expected a number from 0 to 1"),
    (
      #"{"steps": 2, "sparsity": -0.5}"#,
      "ranges[0].sparsity is -0.5; expected a number from 0 to 1"
    ),
    (
      #"{"timesteps": [0, 999], "sparsity": 0}"#,
      "ranges[0].timesteps is [0,999]; expected [first, last], two integers of 0 or more that do not "
        + "rise"
    ),
    (
      #"{"steps": 2, "timesteps": [9, 0], "sparsity": 0}"#,
      "ranges[0].steps is no field of this schema; remove it"
    ),
    ("3", "ranges[0] is a number; expected an object"),
  ])
  func rangesThatAreNone(ranges: String, message: String) {
    let error = #expect(throws: AllocationFileError.self) { try Self.file(ranges) }
    #expect(error?.description == "s.json: " + message)
  }

  @Test(arguments: [
    (
      #"{"steps": 8, "sparsity": 0}"#,
      "ranges: they cover 8 of 10 steps; step 8, of timestep 100, is in none; add a range for the "
        + "rest"
    ),
    (
      #"{"steps": 8, "sparsity": 0}, {"steps": 4, "sparsity": 0}"#,
      "ranges[1].steps: 4 steps, but only 2 of the run's 10 are left"
    ),
    (
      #"{"steps": 5, "sparsity": 0}, {"steps": 5, "sparsity": 0.5}"#,
      "ranges[1]: it begins at step 5, within a bucket of steps measured together; begin it at step "
        + "4 or 6"
    ),
    (
      #"{"steps": 9, "sparsity": 0}, {"steps": 1, "sparsity": 0.5}"#,
      "ranges[1]: it begins at step 9, within a bucket of steps measured together; begin it at step 8"
    ),
    (
      #"{"steps": 10, "sparsity": 0.8}"#,
      "ranges[0].sparsity is 0.8; expected a number from 0.0 to 0.75, the sparsities measured and "
        + "allowed"
    ),
    (
      #"{"timesteps": [999, 600], "sparsity": 0}, {"timesteps": [450, 0], "sparsity": 0}"#,
      "ranges[1].timesteps: [450, 0] does not hold the next step's timestep, 500"
    ),
    (
      #"{"steps": 10, "sparsity": 0}, {"timesteps": [0, 0], "sparsity": 0}"#,
      "ranges[1].timesteps: no step is left for [0, 0]"
    ),
  ])
  func rangesThatDoNotFit(ranges: String, message: String) throws {
    let file = try Self.file(ranges)
    let problem = try Self.problem()
    let error = #expect(throws: AllocationFileError.self) {
      try file.schedule(for: problem, timesteps: Self.timesteps)
    }
    #expect(error?.description == "s.json: " + message)
  }
}
