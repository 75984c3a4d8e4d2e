internal import MosaicCore

extension ReportData {
  func range(of step: Int) -> StepRange? { ranges.first { $0.steps.contains(step) } }

  /// "timesteps 950 to 850", or as steps where the trajectory is not known.
  func span(of range: StepRange) -> String {
    guard let steps = StepLayout(count: steps.count, left: 0, right: 1).existing(range.steps)
    else { return "steps \(range.steps.lowerBound + 1) to \(range.steps.upperBound)" }
    let first = timestepText(self.steps[steps.lowerBound].timestep)
    let last = timestepText(self.steps[steps.upperBound - 1].timestep)
    return first == last ? "timestep \(first)" : "timesteps \(first) to \(last)"
  }

  /// All that is known of a step, in a sentence.
  func stepText(_ index: Int) -> String {
    let step = steps[index]
    var parts = [
      "step \(index + 1) of \(steps.count)", "timestep \(timestepText(step.timestep))",
      "log-SNR \(figure(step.logSNR))",
    ]
    if let range = range(of: index) { parts.append(range.name) }
    if let sparsity = step.sparsity { parts.append("sparsity \(figure(sparsity))") }
    if let speed = step.learningSpeed { parts.append("learning speed \(figure(speed))") }
    for (level, error) in zip(sparsityLevels, step.sensitivity) {
      parts.append("error at sparsity \(brief(level)) \(figure(error))")
    }
    if let influence = step.influence { parts.append("influence \(figure(influence))") }
    if let error = step.predictedError { parts.append("predicted to add \(figure(error))") }
    if let error = step.measuredError { parts.append("measured after it \(figure(error))") }
    if !step.needsForward { parts.append("output not used by the sampler") }
    return parts.joined(separator: "; ")
  }
}
