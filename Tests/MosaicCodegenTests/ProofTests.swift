import MosaicAllocation
import MosaicAnalysis
import MosaicBundle
import MosaicCodegen
import MosaicSurgery
import MosaicTestSupport
import Testing

/// Every way to choose sparsities and units ends with a proof.
@Suite struct ProofTests {
  @Test(arguments: [SparsitySchedule.Kind.solved, .uniform, .paper], Criterion.allCases)
  func everyScheduleAndCriterion(kind: SparsitySchedule.Kind, criterion: Criterion) throws {
    let converted = try Converted {
      $0.allocation.schedule = kind
      $0.criterion = criterion
      $0.allocation.budget = .macs(0.7)
    }
    let manifest = converted.bundle.manifest
    #expect(manifest.schedule.kind == kind.rawValue)
    #expect(manifest.schedule.criterion == criterion.rawValue)
    #expect(kind == .paper ? manifest.variants.count <= 3 : manifest.variants.count == 4)

    let proof = try #require(manifest.proof)
    #expect(proof.predictedMSE.isFinite && proof.predictedMSE > 0)
    #expect(proof.measuredMSE.isFinite && proof.measuredMSE > 0)
    #expect(proof.standardError.isFinite && proof.standardError > 0)
    #expect(proof.median > 0)
    #expect(proof.samples == 8)
    #expect(!proof.comparedWithOriginal)
    #expect(proof.parityMaxRelative < 1e-5 && proof.parityOpSamplesMax < 1e-5)
    #expect(Double(proof.mosaicMACs) <= 0.7 * Double(proof.denseMACs))

    // Uniform pruning stands beside all but itself.
    let report = converted.report
    if kind == .uniform {
      #expect(report.proof.uniform == nil)
      #expect(proof.uniformMeasuredMSE == proof.measuredMSE)
      #expect(proof.uniformMACs == proof.mosaicMACs)
    } else {
      let uniform = try #require(report.proof.uniform)
      #expect(uniform.mean.isFinite && uniform.mean > 0)
      #expect(uniform.samples == 8)
      #expect(proof.uniformMeasuredMSE == uniform.mean)
    }
  }

  /// On this network the last steps alone matter little: the solver has to find that.
  @Test func solvedBeatsUniform() throws {
    let report = try Converted().report
    let uniform = try #require(report.proof.uniform)
    #expect(report.proof.measured.mean < 0.01 * uniform.mean)
    #expect(report.failure == nil)
  }

  @Test func scalarInfluence() throws {
    let converted = try Converted { $0.calibration.influence = .scalar }
    #expect(converted.bundle.manifest.schedule.influence == "scalar")
    #expect(converted.bundle.manifest.proof?.measuredMSE.isFinite == true)
  }

  /// Uniform pruning is compared in as many ranges as the schedule has.
  @Test func paperHasAtMostThreeRanges() throws {
    let converted = try Converted {
      $0.allocation.schedule = .paper
      // Its own number, whatever is asked.
      $0.allocation.ranges = .exactly(20)
    }
    #expect((1...3).contains(converted.report.ranges.count))
    #expect(converted.report.proof.uniform != nil)
  }

  @Test func sensitivityIsKept() throws {
    let manifest = try Converted().bundle.manifest
    #expect(manifest.sensitivity.map(\.step) == Array(0..<8))
    for curve in manifest.sensitivity {
      #expect(curve.sparsities == (1...7).map { Double($0) / 8 })
      #expect(curve.errors.allSatisfy { $0.isFinite && $0 > 0 })
    }
  }

  @Test func provenance() throws {
    let converted = try Converted {
      $0.arguments = ["--budget", "0.75"]
      $0.calibration.seed = 77
    }
    let provenance = converted.bundle.manifest.provenance
    #expect(provenance.seed == 77)
    #expect(provenance.arguments == ["--budget", "0.75"])
    #expect(provenance.sources.map(\.name) == ["weights"])
    let digest = try tinyModel().weights.digest()
    #expect(provenance.sources.first?.sha256 == digest)
  }
}
