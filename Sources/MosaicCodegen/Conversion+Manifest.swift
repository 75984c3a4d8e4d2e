internal import MosaicAllocation
internal import MosaicAnalysis
internal import MosaicBundle
internal import MosaicCore
internal import MosaicImport
internal import MosaicPruning

extension Conversion {
  /// The tool and its version, as bundles name it.
  public static let generator = "mosaic 0.1.0"

  /// What a bundle says of how it was made; groups, variants and tensors are the emitter's.
  func manifest(
    _ calibration: Calibration, _ schedule: SparsitySchedule, latency: LatencyModel?,
    prediction: PlanMeasurement, variants: [RangeVariant], proof: Manifest.Proof
  ) -> Manifest {
    let subject = calibration.subject
    let sensitivity = calibration.sensitivity
    return Manifest(
      generator: Self.generator,
      provenance: Manifest.Provenance(
        sources: [
          Manifest.Provenance.Source(name: "weights", sha256: calibration.checkpoint)
        ]
          + (subject.conditioning.map {
            [Manifest.Provenance.Source(name: "conditioning", sha256: $0.digest())]
          } ?? []),
        seed: options.calibration.seed,
        // Times differ from run to run: those that decided are kept, so that others can repeat it.
        arguments: options.arguments
          + (latency.map { ["--cost-model", $0.json.text()] } ?? [])),
      model: imported.description, scheduler: imported.scheduler ?? SchedulerConfig(),
      graphText: subject.dense.graph.description,
      schedule: Manifest.Schedule(
        kind: schedule.kind.rawValue, criterion: options.criterion.rawValue,
        budget: schedule.budget, influence: options.calibration.influence.rawValue,
        sampler: imported.scheduler?.sampler.rawValue ?? "", steps: options.calibration.steps,
        guidance: Double(options.calibration.guidance ?? 1),
        perStep: steps(subject, sensitivity, prediction, variants)),
      sensitivity: sensitivity.errors.enumerated().map { step, errors in
        Manifest.SensitivityCurve(step: step, sparsities: sensitivity.levels, errors: errors)
      },
      proof: proof)
  }

  private func steps(
    _ subject: CalibrationSubject, _ sensitivity: SensitivityReport,
    _ prediction: PlanMeasurement, _ variants: [RangeVariant]
  ) -> [Manifest.Schedule.Step] {
    subject.trajectory.steps.enumerated().map { step, info in
      let variant = variants.index(ofStep: step) ?? 0
      return Manifest.Schedule.Step(
        timestep: info.timestep, logSNR: info.logSNR, variant: variant,
        sparsity: variants[variant].sparsity, influence: sensitivity.gains[step],
        predictedError: prediction.ownErrors[step])
    }
  }
}
