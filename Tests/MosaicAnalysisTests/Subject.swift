import MosaicAnalysis
import MosaicCore
import MosaicImport
import MosaicLowering
import MosaicSurgery
import MosaicTestSupport

/// tiny-dit with a calibration of a second or less.
///
/// v-prediction keeps the states of an untrained network near 1, as a trained one would.
func tinySubject(
  scheduler other: SchedulerConfig? = nil, sampler: SamplerKind = .ddim,
  _ change: (inout CalibrationOptions) -> Void = { _ in }
) throws -> CalibrationSubject {
  let model = try CheckpointImporter(
    path: Fixtures.path("tiny-dit"),
    schedulerPath: Fixtures.path("tiny-dit/schedulers/v-prediction/scheduler_config.json")
  ).load()
  var options = CalibrationOptions()
  options.steps = 4
  options.buckets = 2
  options.statisticsSamples = 12
  options.sensitivitySamples = 6
  options.levels = [0.25, 0.5, 0.75]
  options.probes = [0, 1]
  options.seed = 11
  change(&options)
  guard let scheduler = other ?? model.scheduler else {
    throw ImportError(path: "tiny-dit", reason: .noScheduler)
  }
  return try CalibrationSubject(
    dense: DenseNetwork(model.graph, weights: model.weights),
    groups: PruningGroups(of: model.graph, state: model.graph.inputs[0]).groups,
    model: model.description, scheduler: scheduler.sampled(with: sampler), options: options)
}

func noProgress(_: Progress) {}
