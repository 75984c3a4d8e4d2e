internal import MosaicCore

/// The outcome in a few sentences and figures.
struct Summary {
  var data: ReportData

  /// For those who read nothing else.
  var lead: [String] { [costSentence, errorSentence, uniformSentence].compactMap(\.self) }

  var more: [String] { [predictionSentence, scheduleSentence, timeSentence].compactMap(\.self) }

  /// Share of the dense run's multiply-accumulates.
  var macShare: Double? {
    guard let dense = positive(data.proof?.denseMACs), let mosaic = positive(data.proof?.mosaicMACs)
    else { return nil }
    return mosaic / dense
  }

  private var costSentence: String? {
    guard let share = macShare else { return nil }
    let dense = countText(data.proof?.denseMACs ?? 0)
    let mosaic = countText(data.proof?.mosaicMACs ?? 0)
    return "A sample costs \(mosaic) multiply-accumulates in place of \(dense): "
      + "\(percent(share)) of the dense model's."
  }

  private var errorSentence: String? {
    guard let proof = data.proof, proof.measured.isFinite, proof.measured >= 0 else { return nil }
    guard proof.measured > 0 else {
      return "From the same noise its samples are the dense model's, to the last bit."
    }
    let root = significant(proof.measured.squareRoot(), 2)
    return "From the same noise its samples differ from the dense model's by \(root) per value "
      + "(root mean square over \(proof.samples) fresh samples)."
  }

  private var predictionSentence: String? {
    guard let ratio = ratio(data.proof?.measured, data.proof?.predicted) else { return nil }
    let verdict = (1 / 1.3...1.3).contains(ratio) ? "held" : "did not hold"
    return "The prediction \(verdict): the measured error is \(significant(ratio, 2)) times the "
      + "predicted one."
  }

  private var uniformSentence: String? {
    guard let ratio = ratio(data.proof?.uniform, data.proof?.measured) else { return nil }
    return ratio >= 1
      ? "Uniform pruning at the same cost errs \(significant(ratio, 2)) times as much."
      : "Uniform pruning at the same cost errs less: \(significant(ratio, 2)) times as much."
  }

  private var scheduleSentence: String? {
    let ranges = data.ranges.filter { $0.sparsity.isFinite }
    guard ranges.count > 1,
      let most = ranges.max(by: { $0.sparsity < $1.sparsity }),
      let least = ranges.min(by: { $0.sparsity < $1.sparsity }), least.sparsity < most.sparsity
    else { return nil }
    return "Of \(data.ranges.count) step ranges, \(most.name) is pruned most "
      + "(\(data.span(of: most)), sparsity \(figure(most.sparsity))) and \(least.name) least "
      + "(\(data.span(of: least)), sparsity \(figure(least.sparsity)))."
  }

  private var timeSentence: String? {
    guard let ratio = ratio(data.proof?.denseSeconds, data.proof?.mosaicSeconds) else { return nil }
    return "Where it was made, sampling took \(figure(data.proof?.mosaicSeconds)) s in place of "
      + "\(figure(data.proof?.denseSeconds)) s (\(fixed(ratio, 2)) times as fast)."
  }

  private func ratio(_ a: Double?, _ b: Double?) -> Double? {
    guard let a = positive(a), let b = positive(b) else { return nil }
    return positive(a / b)
  }
}

extension Summary {
  /// A number large enough to see from afar, with what it is.
  struct Figure {
    var value: String
    var name: String
    var note: String
  }

  var figures: [Figure] {
    [costFigure, errorFigure, uniformFigure, timeFigure, parityFigure].compactMap(\.self)
  }

  private var costFigure: Figure? {
    macShare.map { share in
      Figure(
        value: percent(share), name: "of the multiply-accumulates",
        note: "dense takes \(fixed(1 / share, 2)) times as many")
    }
  }

  private var errorFigure: Figure? {
    guard let proof = data.proof, proof.measured.isFinite else { return nil }
    var notes: [String] = []
    if let error = proof.standardError, error.isFinite {
      notes.append("± \(significant(error, 2)) standard error")
    }
    if let predicted = proof.predicted { notes.append("predicted \(figure(predicted))") }
    return Figure(
      value: significant(proof.measured), name: "mean squared error against dense",
      note: notes.joined(separator: ", "))
  }

  private var uniformFigure: Figure? {
    guard let ratio = ratio(data.proof?.uniform, data.proof?.measured) else { return nil }
    return Figure(
      value: "\(significant(ratio >= 1 ? ratio : 1 / ratio, 2))×",
      name: "\(ratio >= 1 ? "less" : "more") error than uniform pruning",
      note: "which has \(figure(data.proof?.uniform)) at the same cost")
  }

  private var timeFigure: Figure? {
    guard let ratio = ratio(data.proof?.denseSeconds, data.proof?.mosaicSeconds) else { return nil }
    return Figure(
      value: "\(fixed(ratio, 2))×", name: "the speed of dense",
      note: "\(figure(data.proof?.denseSeconds)) s to \(figure(data.proof?.mosaicSeconds)) s")
  }

  private var parityFigure: Figure? {
    guard let proof = data.proof, let parity = proof.parity else { return nil }
    let original = proof.originalError.map { "original framework \(significant($0, 2))" }
    return Figure(
      value: parity.isFinite ? significant(parity, 2) : "–",
      name: "relative error of the fast path",
      note: original ?? "not compared with the original framework")
  }
}
