import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

@testable import MosaicBundle

@Suite struct SchedulerStorageTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }

  static let schedulers: [SchedulerConfig] = {
    var karras = SchedulerConfig(sampler: .dpmpp2m, spacing: .linspace)
    karras.sigmas = .init(isKarras: true, final: .least)
    karras.solver = .init(
      order: 1, kind: .heun, isLowerOrderFinal: false, isEulerAtFinal: true, leastLambda: -5.1)
    return [
      SchedulerConfig(sampler: .euler), SchedulerConfig(sampler: .dpmpp2m), karras,
      SchedulerConfig(sampler: .ddim, className: "DDPMScheduler"),
      SchedulerConfig(
        sampler: .flow, prediction: .flow,
        flow: .init(
          shift: 3, dynamicShift: .init(maxShift: 1.25, imageTokens: 1024), terminal: 0.1,
          endsEvenly: true)),
      SchedulerConfig(
        sampler: .flow, prediction: .flow, flow: .init(shift: 3, dynamicShift: .init())),
      SchedulerConfig(sampler: .dpmpp2m, prediction: .flow, flow: .init()),
    ]
  }()

  @Test(arguments: schedulers) func roundTrips(scheduler: SchedulerConfig) throws {
    let path = scratch.path()
    try SmallBundle.write(to: path) { $0.scheduler = scheduler }
    #expect(try BundleReader(path: path).manifest.scheduler == scheduler)
    #expect(try minor(path) == 2)
  }

  /// Files of the samplers there were first stay files of the first version.
  @Test(arguments: [SamplerKind.ddim, .ddpm]) func oldSamplersNeedNoNewFields(
    sampler: SamplerKind
  ) throws {
    let path = scratch.path()
    try SmallBundle.write(to: path) { $0.scheduler = SchedulerConfig(sampler: sampler) }
    #expect(try BundleReader(path: path).manifest.scheduler.sampler == sampler)
    #expect(try minor(path) == 0)
  }

  private func minor(_ path: String) throws -> UInt8 {
    try Data(contentsOf: URL(fileURLWithPath: path))[20]
  }

  static let strange: [SchedulerConfig] = {
    func solver(_ change: (inout SchedulerConfig.Solver) -> Void) -> SchedulerConfig {
      var config = SchedulerConfig(sampler: .dpmpp2m)
      change(&config.solver)
      return config
    }
    func flow(_ flow: SchedulerConfig.Flow) -> SchedulerConfig {
      SchedulerConfig(sampler: .flow, prediction: .flow, flow: flow)
    }
    var bounded = flow(.init())
    bounded.sigmas.isKarras = true
    return [
      SchedulerConfig(sampler: .flow), SchedulerConfig(prediction: .flow),
      SchedulerConfig(sampler: .flow, flow: .init()),
      SchedulerConfig(sampler: .euler, prediction: .flow, flow: .init()), bounded,
      SchedulerConfig(sampler: .dpmpp2m, prediction: .flow, flow: .init(endsEvenly: true)),
      solver { $0.order = 0 }, solver { $0.order = 3 }, solver { $0.leastLambda = .nan },
      flow(.init(shift: 0)), flow(.init(shift: .nan)), flow(.init(shift: .infinity)),
      flow(.init(terminal: 1)), flow(.init(terminal: -0.5)), flow(.init(terminal: .nan)),
      flow(.init(dynamicShift: .init(baseTokens: 0))),
      flow(.init(dynamicShift: .init(baseTokens: 8, maxTokens: 8))),
      flow(.init(dynamicShift: .init(baseShift: .nan))),
      flow(.init(dynamicShift: .init(maxShift: .infinity))),
    ]
  }()

  /// What writers refuse, readers refuse: both check the encoded manifest.
  @Test(arguments: strange) func refusesWhatNoSamplerCanWalk(scheduler: SchedulerConfig) throws {
    let path = scratch.path()
    let error = #expect(throws: BundleError.self) {
      try SmallBundle.write(to: path) { $0.scheduler = scheduler }
    }
    guard case .inconsistent("the scheduler", _) = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func unknownNamesAreRefused() throws {
    var image = try BundleImage(scratch)
    try image.change { $0.scheduler = Self.schedulers[2] }
    for (old, new, kind) in [
      ("dpmpp2m", "dpmpp3m", "sampler"), ("sigma_min", "sigma_max", "final noise level"),
      ("heun", "henu", "solver type"),
    ] {
      var changed = image
      let place = try #require(changed.manifest.firstRange(of: Array(old.utf8)))
      changed.manifest.replaceSubrange(place, with: Array(new.utf8))
      let path = try scratch.write(changed.sealed())
      #expect(
        throws: BundleError(
          path: path, reason: .unsupported(kind: kind, name: new, place: "the scheduler"))
      ) { try BundleReader(path: path) }
    }
  }
}
