import ArgumentParser
import MosaicCore
import MosaicImport
import MosaicLowering
import MosaicRuntime
import MosaicCodegen
import MosaicAllocation
import MosaicSurgery

struct Check: ParsableCommand {
  @Argument var model: String
  @Option var budget: Double = 0.75
  @Option var schedule: String = "solved"
  @Option var criterion: String = "obs"
  @Option var influence: String = "measured"
  @Option var out = "x.mosaic"
  @Option var samples: Int = 128
  @Option var stat: Int = 256
  @Option var sens: Int = 64
  @Option var ranges: Int = 4
  @Option var buckets: Int = 10
  func run() throws {
    let clock = ContinuousClock.now
    let imported = try CheckpointImporter(path: model).load()
    var o = ConversionOptions()
    o.budget = budget
    o.schedule = .init(rawValue: schedule)!
    o.criterion = .init(rawValue: criterion)!
    o.calibration.threads = 2
    o.calibration.influence = .init(rawValue: influence)!
    o.calibration.statisticsSamples = stat; o.calibration.sensitivitySamples = sens; o.ranges = ranges; o.calibration.buckets = buckets
    o.proofSamples = samples
    var last = ""
    var t = ContinuousClock.now
    let r = try Conversion(imported, options: o) { p in
      if p.stage != last { print(last, ContinuousClock.now - t, ContinuousClock.now-clock); last = p.stage; t = .now }
    }.run(to: out)
    print(last, ContinuousClock.now - t)
    for l in r.ranges { print(l) }
    print(r.failure as Any, r.closedFormError, r.manifest.proof!, "ratio", r.manifest.proof!.predictedMSE / r.proof.measured.mean, "to uniform", r.proof.measured.mean / (r.proof.uniform?.mean ?? 1), "t", r.proof.denseSeconds, r.proof.mosaicSeconds, ContinuousClock.now - clock)
  }
}
