public import MosaicCore
public import MosaicRuntime

/// A plan with the networks that will run it, and what its reused values are made of.
public struct PlannedRun: Sendable {
  public let networks: PlanNetworks
  public let plan: StepPlan
  public let model: ForecastModel

  /// Multiply-accumulates, as a share of the dense run's.
  public var cost: Double { networks.cost(plan) }

  /// [step][unit]: nil of what is computed.
  public let forecasts: [[ValueForecast?]]

  /// Learns the forecasts along the plan as it runs with these networks.
  ///
  /// They are learnt anew three times: from Lagrange's weights those of least squares follow, from these what
  /// inputs tell beyond them, and all of it changes the states that they are learnt on.
  ///
  /// - Parameter base: Dense trajectories of samples that neither choose nor judge.
  public init(
    _ networks: PlanNetworks, _ plan: StepPlan, on base: DenseTrajectories,
    progress: ProgressHandler
  ) throws {
    self.networks = networks
    self.plan = plan
    var model: ForecastModel?
    for pass in 1...3 {
      model = try networks.forecastModel(
        along: plan, from: model, onlyReused: true, on: base, stage: "forecasts \(pass)/3",
        progress: progress
      ).model
    }
    guard let model else { preconditionFailure("three passes give a model") }
    self.model = model
    forecasts = plan.reuse.orders.indices.map {
      networks.forecasts(of: plan.reuse, step: $0, model)
    }
  }

  /// The network of a step.
  public func predictor(step: Int) -> Predictor { networks.predictor(plan, step: step) }

  /// What a sampler's run of so many samples takes from earlier steps.
  public func reuse(samples: Int) -> RunReuse {
    RunReuse(
      orders: plan.reuse.orders, forecasts: forecasts,
      memory: networks.memory(
        depths: plan.reuse.depths(after: -1), samples: samples, keepsInputs: model.hasMaps))
  }

  /// What the run costs: see `CalibrationSubject.measurePlan`. An own error is that of a step's
  /// output on the states of the run itself, for a reused value has no other.
  public func measure(
    on base: DenseTrajectories, progress: ProgressHandler
  ) throws -> PlanMeasurement {
    let subject = networks.subject
    let count = subject.trajectory.steps.count
    var own = [Double](repeating: 0, count: count)
    var stateErrors = own
    var run = PlanRun(
      networks, model, start: base, depths: plan.reuse.depths(after: -1))
    for step in 0..<count {
      let output = try run.advance(plan, step: step)
      if !output.isEmpty { own[step] = meanSquare(output, base.outputs[step]) }
      stateErrors[step] = meanSquare(
        run.states[0].states, step + 1 < count ? base.states[step + 1].states : base.final)
      try progress(Progress(stage: "prediction", done: step + 1, total: count))
    }
    return PlanMeasurement(
      ownErrors: own, stateErrors: stateErrors,
      finalErrors: sampleErrors(
        run.states[0].states, base.final, sampleSize: subject.predictor.stateSize))
  }
}

extension PlanNetworks {
  /// What a sampler's run of so many samples takes from earlier steps, by Lagrange's weights.
  public func reuse(of plan: ReusePlan, samples: Int) -> RunReuse {
    RunReuse(orders: plan.orders, memory: memory(depths: plan.depths(after: -1), samples: samples))
  }
}

extension StepPlan {
  /// The same without what is never asked for: units inside others that are reused, and those of
  /// steps whose output the sampler does not use.
  public func normalised(_ costs: any PlanCosts) -> StepPlan {
    var plan = self
    for (step, row) in reuse.orders.enumerated() {
      for unit in row.indices {
        let isSpared = costs.within.indices.contains {
          row[$0] != nil && costs.within[$0].contains(unit)
        }
        if isSpared || !costs.isNeeded[step] { plan.reuse.orders[step][unit] = nil }
      }
    }
    return plan
  }
}
