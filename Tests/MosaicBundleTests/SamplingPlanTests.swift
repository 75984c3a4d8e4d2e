import MosaicCore
import Testing

@testable import MosaicBundle

@Suite struct SamplingPlanTests {
  private let scratch: Scratch
  private let image: BundleImage

  init() throws {
    scratch = try Scratch()
    image = try BundleImage(scratch)
  }

  private func written(_ change: (inout Manifest) -> Void) throws -> BundleReader {
    try SmallBundle.write(to: scratch.path(), change: change)
    return try BundleReader(path: scratch.path())
  }

  /// What a file with plans says, read back; one without is of an earlier version.
  @Test func keepsPlansAndUnits() throws {
    let reader = try written(SmallBundle.addPlans)
    var expected = SmallBundle.manifest
    SmallBundle.addPlans(&expected)
    #expect(reader.manifest.plans == expected.plans)
    #expect(
      reader.manifest.variants.map(\.program.reusableUnits)
        == expected.variants.map(\.program.reusableUnits))
    #expect(try minor(scratch.path()) == 4)
    _ = try written(SmallBundle.addUnits)
    #expect(try minor(scratch.path()) == 4)
    _ = try written { _ in }
    #expect(try minor(scratch.path()) == 0)
  }

  private func minor(_ path: String) throws -> UInt32 {
    try MappedFile(path: path).withBytes { bytes in
      try BundleHeader(UnsafeRawBufferPointer(rebasing: bytes[..<128]), fileSize: bytes.count).minor
    }
  }

  @Test func samePlansGiveSameBytes() throws {
    let paths = ["a.mosaic", "b.mosaic"].map(scratch.path)
    for path in paths { try SmallBundle.write(to: path, change: SmallBundle.addPlans) }
    let bytes = try paths.map { try MappedFile(path: $0).withBytes { Array($0) } }
    #expect(bytes[0] == bytes[1])
  }

  // MARK: Rules

  private func found(_ change: (inout SamplingPlan) -> Void) throws -> BundleError.Reason? {
    try foundInManifest { change(&$0.plans[0]) }
  }

  private func foundInManifest(
    _ change: (inout Manifest) -> Void
  ) throws -> BundleError.Reason? {
    var image = image
    try image.change {
      SmallBundle.addPlans(&$0)
      change(&$0)
    }
    return reason(try scratch.write(image.sealed()))
  }

  private func problem(_ change: (inout SamplingPlan) -> Void) throws -> String? {
    guard case .inconsistent(let section, let problem) = try found(change) else { return nil }
    return "\(section): \(problem)"
  }

  @Test func plansAreForTheBundlesUnits() throws {
    #expect(try found { _ in } == nil)
    #expect(
      try problem { $0.units[0] = "other" }
        == "plan 0: none of its variants has the reusable unit 'other'")
    #expect(
      try problem { $0.units[0] = "condition" } == "plan 0: names unit 'condition' twice")
    #expect(try problem { $0.units[0] = "" } != nil)
    #expect(
      try problem { $0.steps[1].variant = 3 } == "plan 0, step 1: names variant 3 of 3")
    #expect(
      try problem { $0.steps[1].orders = [nil] }
        == "plan 0, step 1: says of 1 units what they do, of 2 that there are")
    #expect(
      try problem { $0.steps[4].orders = [nil, nil] }
        == "plan 0, step 4: says of 2 units what they do, of 0 that there are")
    #expect(try problem { $0.steps = [] } == "plan 0: has no steps")
  }

  @Test func valuesAreComputedBeforeTheyAreTaken() throws {
    #expect(
      try problem { $0.steps[0].orders = [0, nil] }
        == "plan 0, step 0: makes unit 'branch' of 1 earlier values where 0 are computed before it")
    // Where the branch is reused, the condition in it is not computed.
    #expect(
      try problem {
        $0.steps[1].orders = [0, nil]
        $0.steps[2].orders = [nil, 1]
      }
        == "plan 0, step 2: makes unit 'condition' of 2 earlier values where 1 are computed "
        + "before it")
    // Nor is its own earlier value asked for.
    #expect(try found { $0.steps[2].orders = [1, 2] } == nil)
    #expect(
      try problem { $0.steps[3].orders = [2, nil] } == "plan 0, step 3: makes unit 'branch' "
        + "of 3 earlier values where 2 are computed before it")
    // A step without a forward computes nothing.
    #expect(
      try problem { plan in
        plan.steps[0] = .init(variant: 0, isNeeded: false, orders: [])
        plan.steps[2].orders = [nil, nil]
      } == "plan 0, step 1: makes unit 'condition' of 1 earlier values where 0 are computed "
        + "before it")
  }

  /// A unit that some variants have lost is computed by the others alone.
  @Test func variantsMayLackUnits() throws {
    func lacking(_ variants: [Int], orders: [[Int?]]) throws -> BundleError.Reason? {
      try foundInManifest { manifest in
        for variant in variants { manifest.variants[variant].program.reusableUnits.removeFirst() }
        for (step, row) in orders.enumerated() { manifest.plans[0].steps[step].orders = row }
      }
    }
    // Variant 0 makes steps 0 and 1, variant 1 step 2, variant 2 step 3.
    #expect(try lacking([1], orders: [[nil, nil], [nil, nil], [nil, 2], [nil, 1]]) == nil)
    #expect(try lacking([0], orders: [[nil, nil], [nil, 0], [nil, nil], [nil, 0]]) == nil)
    #expect(
      try lacking([0], orders: [[nil, nil], [nil, nil], [nil, 0], [nil, nil]])
        == .inconsistent(
          section: "plan 0, step 2",
          problem: "makes unit 'condition' of 1 earlier values where 0 are computed before it"))
    #expect(
      try lacking([0, 1, 2], orders: [])
        == .inconsistent(
          section: "plan 0", problem: "none of its variants has the reusable unit 'condition'"))
  }

  @Test func fieldsAreOfARun() throws {
    #expect(try problem { $0.sampler = .flow } != nil)
    #expect(try problem { $0.eta = 1.5 } == "plan 0: ddim does not take eta 1.5")
    #expect(try problem { $0.eta = .nan } != nil)
    #expect(try problem { $0.sampler = .euler } == "plan 0: euler does not take eta 0.5")
    #expect(try problem { $0.guidance = .infinity } != nil)
    #expect(try problem { $0.macShare = -1 } != nil)
    #expect(try problem { $0.budget = .nan } != nil)
    #expect(try problem { $0.measured?.lower = 3e-4 } != nil)
    #expect(try problem { $0.predicted?.mean = .nan } != nil)
    #expect(try problem { $0.predicted?.upper = .infinity } != nil)
    #expect(
      try foundInManifest { $0.plans[1] = $0.plans[0] }
        == .inconsistent(section: "plan 1", problem: "is for the same run as plan 0"))
    #expect(
      try foundInManifest {
        $0.plans[1] = $0.plans[0]
        $0.plans[1].guidance = nil
      } == nil)
    #expect(
      try found { $0.steps[1].orders = [nil, 3] }
        == .unsupported(kind: "manner of reuse", name: "255", place: "plan 0, step 1"))
  }

  @Test func sizesAreBounded() throws {
    #expect(
      try foundInManifest { $0.plans = Array(repeating: $0.plans[0], count: 65) }
        == .limit(what: "the number of plans", value: 65, limit: 64))
    #expect(
      try found { $0.steps = Array(repeating: $0.steps[0], count: 4097) }
        == .limit(what: "plan 0's number of steps", value: 4097, limit: 4096))
    #expect(
      try found { $0.units = (0..<1025).map { "\($0)" } }
        == .limit(what: "plan 0's number of units", value: 1025, limit: 1024))
  }

  /// The number of steps is said by itself, so that a plan cut short is not one for fewer.
  @Test func plansAreAsLongAsTheySay() throws {
    // Field 3 of a plan, a number, follows the nine bytes of field 2, eta.
    var image = image
    try image.change(SmallBundle.addPlans)
    let eta: [UInt8] = [0x11, 0, 0, 0, 0, 0, 0, 0xE0, 0x3F, 0x18]
    let place = try #require(
      image.manifest.indices.first { image.manifest[$0...].starts(with: eta) })
    #expect(image.manifest[place + eta.count] == 5)
    image.manifest[place + eta.count] = 6
    #expect(
      reason(try scratch.write(image.sealed()))
        == .inconsistent(section: "plan 0", problem: "says what 5 steps do, for 6 steps"))
  }

  @Test func unitsAreInstructions() throws {
    func problem(_ units: [Program.ReusableUnit]) throws -> String? {
      let found = try foundInManifest {
        $0.plans = []
        $0.variants[1].program.reusableUnits = units
      }
      guard case .program(variant: "range 1", let error) = found else { return nil }
      return error.description
    }
    #expect(try problem([.init(name: "a", instruction: 5)]) == nil)
    #expect(
      try problem([.init(name: "a", instruction: 6)])
        == "program: reusable unit 'a' is instruction 6, which is not one of 0..<6")
    #expect(
      try problem([.init(name: "a", instruction: 2), .init(name: "b", instruction: 2)])
        == "program: reusable unit 'b' is instruction 2, which is not one of 3..<6")
    #expect(
      try problem([.init(name: "a", instruction: 2), .init(name: "a", instruction: 3)])
        == "program: reusable unit 'a' is there twice")
    // The hidden layer is as wide as its variant.
    let sizes = try foundInManifest { manifest in
      for variant in manifest.variants.indices {
        manifest.variants[variant].program.reusableUnits.insert(
          .init(name: "hidden", instruction: 4), at: 1)
      }
    }
    #expect(
      sizes
        == .inconsistent(
          section: "variant 'range 1'",
          problem: "its reusable unit 'hidden' or its input has another shape than in the variants "
            + "before"))
  }

  /// What reused values are made of is a tensor of exactly as many numbers as the plan reuses.
  @Test func keepsForecasts() throws {
    var plan = SmallBundle.plan
    let channels = SamplingPlan.Channels(values: [3, 2], inputs: [0, 0])
    let forecasts: [[ValueForecast?]] = [
      [nil, nil], [nil, ValueForecast(weights: [1], offset: [2, 3])],
      [
        ValueForecast(weights: [4, 5], offset: [6, 7, 8]),
        ValueForecast(weights: [9], offset: [10, 11]),
      ], [nil, nil], [nil, nil],
    ]
    #expect(plan.forecastCount(channels) == 11)
    #expect(plan.pack(forecasts).forecasts == (1...11).map { Float($0) })
    #expect(plan == SmallBundle.plan)
    #expect(plan.unpacked((1...11).map { Float($0) }, channels) == forecasts)
    #expect(plan.forecastCount(SamplingPlan.Channels(values: [.max, 1], inputs: [0, 0])) == nil)
    let outside = try foundInManifest { $0.plans[0].forecasts = $0.tensors.count }
    #expect(
      outside
        == .inconsistent(
          section: "plan 0", problem: "takes its forecasts from tensor 7 of 7"))
    let other = try foundInManifest { $0.plans[0].forecasts = 0 }
    guard case .inconsistent("plan 0", let problem) = other else {
      Issue.record("\(String(describing: other))")
      return
    }
    #expect(problem.hasPrefix("its forecasts are not the numbers that tensor"))
  }

  /// Maps lie in a tensor of their own, weights of inputs with those of values.
  @Test func keepsCorrections() throws {
    var plan = SmallBundle.plan
    let channels = SamplingPlan.Channels(values: [2, 1], inputs: [1, 2])
    let correction = ValueForecast.Correction(
      weights: [13, 14], down: [1, 2], up: [3, 4, 5, 6], rank: 2)
    let forecasts: [[ValueForecast?]] = [
      [nil, nil], [nil, ValueForecast(weights: [10], offset: [11])],
      [
        ValueForecast(weights: [12, 12], offset: [15, 16], correction: correction),
        ValueForecast(
          weights: [17], offset: [19],
          correction: .init(weights: [18], down: [7, 8, 9, 10], up: [11, 12], rank: 2)),
      ], [nil, nil], [nil, nil],
    ]
    let (numbers, maps) = plan.pack(forecasts)
    #expect(plan.steps.map(\.corrected) == [[], [], [true, true], [], []])
    #expect(numbers == [10, 11, 12, 12, 13, 14, 15, 16, 17, 18, 19])
    #expect(maps == (1...12).map { Float($0) })
    plan.maps = .init(tensor: 0, rank: 2)
    #expect(plan.forecastCount(channels) == numbers.count)
    #expect(plan.mapCount(channels) == maps.count)
    #expect(plan.unpacked(numbers, maps: maps, channels) == forecasts)
    plan.maps?.rank = .max
    #expect(plan.mapCount(channels) == nil)
  }

  /// Step 2 corrects the branch by the sum of the class's and the time's rows, of which there are so
  /// many numbers in the tensors added.
  private func correct(_ manifest: inout Manifest) {
    for index in manifest.variants.indices {
      manifest.variants[index].program.reusableUnits[1].input = 2
    }
    manifest.plans[0].steps[2].corrected = [true, false]
    manifest.plans[0].maps = .init(tensor: 0, rank: 1)
    manifest.plans[0].forecasts = 0
  }

  @Test func correctionsNeedInputsAndMaps() throws {
    func problem(_ change: (inout Manifest) -> Void) throws -> String? {
      let found = try foundInManifest {
        correct(&$0)
        change(&$0)
      }
      guard case .inconsistent(let place, let problem) = found else { return nil }
      return "\(place): \(problem)"
    }
    #expect(
      try problem { _ in }?.hasPrefix("plan 0: its forecasts are not the numbers that tensor")
        == true)
    #expect(try problem { $0.plans[0].maps = nil } != nil)
    #expect(
      try problem {
        $0.plans[0].maps = nil
        $0.plans[0].forecasts = nil
      } == "plan 0: corrects values without maps")
    #expect(
      try problem {
        $0.plans[0].forecasts = nil
      } == "plan 0: takes maps of rank 1 from tensor 0 of 7, where it corrects values and has no "
        + "forecasts")
    #expect(
      try problem {
        $0.plans[0].forecasts = nil
        $0.plans[0].steps[2].corrected = []
      } == "plan 0: takes maps of rank 1 from tensor 0 of 7, where it corrects none and has no "
        + "forecasts")
    #expect(
      try problem { $0.variants[1].program.reusableUnits[1].input = nil }
        == "variant 'range 1': its reusable unit 'branch' or its input has another shape than in "
        + "the variants before")
    // As many places, and before the unit.
    let wide = try foundInManifest { $0.variants[0].program.reusableUnits[1].input = 4 }
    #expect(wide != nil)
    let late = try foundInManifest { $0.variants[0].program.reusableUnits[1].input = 5 }
    guard case .program(variant: _, let error) = late else {
      Issue.record("\(String(describing: late))")
      return
    }
    #expect(
      error.description
        == "program: reusable unit 'branch' is instruction 5, but its input instruction 5")
  }
}
