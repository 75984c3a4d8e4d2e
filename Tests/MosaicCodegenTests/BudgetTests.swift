import MosaicAllocation
import MosaicAnalysis
import MosaicBundle
import MosaicCodegen
import MosaicCore
import MosaicImport
import MosaicTestSupport
import Testing

/// What is asked of a conversion, and what its bundle costs.
@Suite struct BudgetTests {
  @Test(arguments: [1, 0.9, 0.75, 0.6, 0.45, 0.3, 0.23])
  func keepsTheBudgetAndUsesIt(budget: Double) throws {
    let converted = try Converted { $0.allocation.budget = .macs(budget) }
    let proof = try #require(converted.bundle.manifest.proof)
    let allowed = budget * Double(proof.denseMACs)
    // What a solved schedule saves too much is less than a unit a group and range; a unit of
    // neurons is 0.2 % of a forward, so a hundredth of the run is never lost.
    for macs in [proof.mosaicMACs, proof.uniformMACs].map(Double.init) {
      #expect(macs <= allowed)
      #expect(macs >= allowed - 0.01 * Double(proof.denseMACs))
    }
    // The same figure from the variants and the steps they serve.
    let manifest = converted.bundle.manifest
    let sum = manifest.schedule.perStep.reduce(0) {
      $0 + manifest.variants[$1.variant].macsPerSample
    }
    #expect(sum == proof.mosaicMACs)
    #expect(manifest.schedule.budget == budget)
  }

  @Test func wholeBudgetPrunesNothing() throws {
    let converted = try Converted { $0.allocation.budget = .macs(1) }
    #expect(converted.report.proof.measured.mean == 0)
    #expect(converted.report.proof.uniform?.mean == 0)
    #expect(converted.report.failure == nil)
    #expect(converted.bundle.manifest.variants.allSatisfy { $0.kept.isEmpty })
    #expect(!converted.bundle.manifest.tensors.contains { $0.name.hasPrefix("range-") })
  }

  /// A last step whose output the sampler does not use costs nothing and counts for nothing.
  @Test func freeLastForward() throws {
    // Leading steps from 0 end at the first timestep, which this scheduler leads to itself.
    var model = try tinyModel()
    model.scheduler?.setAlphaToOne = false
    func change(_ options: inout ConversionOptions) {
      options.allocation.budget = .macs(0.6)
      options.calibration.steps = 20
    }
    let converted = try Converted(model, change)
    let proof = try #require(converted.bundle.manifest.proof)
    let whole = try Converted(nil, change)
    let all = try #require(whole.bundle.manifest.proof)
    #expect(proof.denseMACs * 20 == all.denseMACs * 19)
    #expect(Double(proof.mosaicMACs) <= 0.6 * Double(proof.denseMACs))
    #expect(Double(proof.mosaicMACs) >= 0.59 * Double(proof.denseMACs))
  }

  @Test func guidanceCostsTwoForwards() throws {
    let guided = try Converted { $0.calibration.guidance = 2 }
    let plain = try Converted()
    let proofs = try [guided, plain].map { try #require($0.bundle.manifest.proof) }
    #expect(proofs[0].denseMACs == 2 * proofs[1].denseMACs)
    #expect(Double(proofs[0].mosaicMACs) <= 0.75 * Double(proofs[0].denseMACs))
    #expect(guided.bundle.manifest.schedule.guidance == 2)
  }
}

/// What no measurement could allow is refused before any.
@Suite struct FeasibilityTests {
  private func error(_ change: (inout ConversionOptions) -> Void) throws -> (any MosaicError)? {
    let directory = try TemporaryDirectory()
    let conversion = Conversion(
      try tinyModel(), options: tinyOptions(change),
      progress: { Issue.record("measured already: \($0.stage)") })
    let outlook = #expect(throws: (any Error).self) { try conversion.outlook() }
    let error = #expect(throws: (any Error).self) {
      try conversion.run(to: "\(directory.path)/out.mosaic")
    }
    #expect("\(outlook as Any)" == "\(error as Any)")
    return error as? any MosaicError
  }

  @Test func budgetOutOfReach() throws {
    let found = try error { $0.allocation.budget = .macs(0.01) }
    guard case .unreachableBudget(asked: 0.01, let least) = found as? AllocationError else {
      Issue.record("\(found as Any)")
      return
    }
    // 7/8 of the prunable 88.1 % at the most.
    #expect(abs(least - (1 - 0.875 * 0.881)) < 1e-3)
    #expect(found?.exitStatus == .usage)
    #expect(found?.description.contains("ask for 0.2289 or more") == true)
  }

  @Test(arguments: [0, -1, 1.5, .nan, .infinity]) func budgetThatIsNoShare(budget: Double) throws {
    let found = try error { $0.allocation.budget = .macs(budget) }
    guard case .budgetOutOfRange = found as? AllocationError else {
      Issue.record("\(found as Any)")
      return
    }
    #expect(found?.exitStatus == .usage)
  }

  @Test(arguments: [(9, 8), (0, 8), (11, 20)]) func ranges(asked: Int, steps: Int) throws {
    let found = try error {
      $0.allocation.ranges = .exactly(asked)
      $0.calibration.steps = steps
    }
    let expected = AllocationError.rangeCount(
      asked: asked, available: min(steps, 10), steps: steps)
    #expect(found as? AllocationError == expected)
    #expect(found?.exitStatus == .usage)
  }

  @Test func noScheduler() throws {
    var model = try tinyModel()
    model.scheduler = nil
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/out.mosaic"
    let error = #expect(throws: ImportError.self) {
      try Conversion(model, options: tinyOptions(), progress: { _ in }).run(to: path)
    }
    #expect(error?.reason == .noScheduler)
    #expect(error?.exitStatus == .badConfiguration)
  }
}
