public import MosaicCore

extension BehaviourComparison {
  public var text: String {
    var stepTable = TextTable(
      header: ["step", "timestep", "log-SNR", "variants", "MSE of the state", "max relative"])
    for (index, step) in steps.enumerated() {
      stepTable.add([
        "\(index)", timestepText(step.timestep), fixed(step.logSNR, 2), variantText(step.variants),
        significant(step.error.meanSquared), significant(step.error.relative),
      ])
    }
    var rangeTable = TextTable(header: ["range", "steps", "MSE before", "MSE after"])
    for (index, range) in ranges.enumerated() {
      rangeTable.add([
        "\(index): variants \(variantText(range.variants))",
        "\(range.steps.lowerBound)..\(range.steps.upperBound - 1)",
        significant(range.errorBefore), significant(range.errorAfter),
      ])
    }
    return [stepTable.text, rangeTable.text, verdict].joined(separator: "\n")
  }

  private func variantText(_ variants: Pair<Int>) -> String {
    "\(variants.reference), \(variants.candidate)"
  }

  private var verdict: String {
    let outside =
      firstStepOutside.map { "first step over \(significant(tolerance)): \($0)" }
      ?? "every step within \(significant(tolerance))"
    return """
      final, \(samples) samples: MSE \(significant(final.meanSquared)), \
      PSNR \(fixed(final.peakSignalToNoise, 2)) dB over a range of \
      \(significant(final.dataRange)), cosine \(fixed(final.cosine, 6)), \
      max relative \(significant(final.relative)); \(outside)
      """
  }

  /// The keys are documented in `docs/command-line.md`.
  public var json: JSONValue {
    [
      "alike": JSONValue(isAlike), "samples": JSONValue(samples),
      "steps": JSONValue(
        steps.map { step -> JSONValue in
          [
            "timestep": JSONValue(step.timestep), "log_snr": JSONValue(step.logSNR),
            "variants": json(of: step.variants),
            "mse": JSONValue(step.error.meanSquared),
            "max_relative": JSONValue(step.error.relative),
          ]
        }),
      "ranges": JSONValue(
        ranges.map { range -> JSONValue in
          [
            "variants": json(of: range.variants),
            "steps": JSONValue(range.steps.map { JSONValue($0) }),
            "mse_before": JSONValue(range.errorBefore),
            "mse_after": JSONValue(range.errorAfter),
          ]
        }),
      "first_step_outside": firstStepOutside.map { JSONValue($0) } ?? .null,
      "final_mse": JSONValue(final.meanSquared),
      "final_max_relative": JSONValue(final.relative),
      // Null for equal samples, whose PSNR is infinite.
      "psnr": JSONValue(final.peakSignalToNoise),
      "data_range": JSONValue(final.dataRange),
      "cosine": JSONValue(final.cosine),
    ]
  }

  private func json(of variants: Pair<Int>) -> JSONValue {
    [JSONValue(variants.reference), JSONValue(variants.candidate)]
  }
}
