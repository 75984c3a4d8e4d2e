import MosaicCore
import MosaicIR
import MosaicImport
import MosaicSurgery

/// What `inspect` says of a checkpoint, for people and for machines.
struct CheckpointSummary {
  private let model: ImportedModel
  private let groups: PruningGroups

  init(_ model: ImportedModel) throws {
    self.model = model
    let state = model.graph.inputs.first {
      model.graph[$0].name == model.description.sampleInput
    }
    guard let state else {
      throw ImportError(path: model.path, reason: .internal("no state input"))
    }
    groups = PruningGroups(of: model.graph, state: state)
  }

  private var prunableMacs: Int {
    groups.groups.reduce(0) { $0 + $1.unitCount * $1.macsPerUnit }
  }

  var text: String {
    let description = model.description
    let shape = description.sampleShape.map { "\($0)" }.joined(separator: "x")
    let share = Double(prunableMacs) / Double(max(model.graph.macs, 1))
    var lines = [
      "\(printable(model.path, limit: 400)): \(description.architecture), samples \(shape), "
        + "\(countText(Double(model.graph.parameterCount))) parameters",
      "\(countText(Double(model.graph.macs))) MACs a forward, \(fixed(100 * share, 1)) % in "
        + "\(groups.groups.count) pruning groups",
      "classes: \(description.classCount)"
        + (description.nullClass.map { ", \($0) for none" } ?? "")
        + (description.hasLearnedSigma ? "; learned variance, not used by the sampler" : ""),
    ]
    if let scheduler = model.scheduler {
      lines.append(
        "scheduler: \(printable(scheduler.className)), \(scheduler.summary), "
          + "\(scheduler.trainSteps) training steps")
    } else {
      lines.append("scheduler: none; name one with --scheduler FILE")
    }
    return lines.joined(separator: "\n")
  }

  var groupText: String { groupTable(groups, of: model.graph) }

  /// The tensors of the weight files.
  var tensorText: String {
    tensorTable(
      tensors.map { ($0.name, $0.entry.dataType, $0.entry.shape, $0.entry.byteRange.count) })
  }

  private var tensors: [(name: String, entry: SafetensorsReader.Entry)] {
    guard let files = (model.weights as? CheckpointWeights)?.files else { return [] }
    return files.names.compactMap { name in files.entry(name).map { (name, $0) } }
  }

  /// The keys are documented in `docs/command-line.md`.
  var json: JSONValue {
    let description = model.description
    return [
      "schema": "mosaic.inspect/1", "kind": "checkpoint",
      "architecture": JSONValue(description.architecture),
      "sample_shape": JSONValue(description.sampleShape.map { JSONValue($0) }),
      "class_names": JSONValue(description.classNames.map { JSONValue($0) }),
      "parameters": JSONValue(model.graph.parameterCount),
      "macs_per_forward": JSONValue(model.graph.macs),
      "prunable_macs_per_forward": JSONValue(prunableMacs),
      "scheduler": model.scheduler.map { JSONValue($0.className) } ?? .null,
      "groups": groupsJSON(groups, of: model.graph),
      "pinned": pinnedJSON(groups),
      "tensors": JSONValue(
        tensors.map { name, entry in
          tensorJSON(name, entry.dataType, entry.shape, entry.byteRange.count)
        }),
    ]
  }
}

extension SchedulerConfig {
  /// The noise process and how it is walked, in words.
  fileprivate var summary: String {
    guard let flow else {
      return "\(betaSchedule.rawValue) betas, \(prediction.rawValue), "
        + "\(spacing.rawValue) spacing" + (sigmas.isKarras ? ", Karras levels" : "")
    }
    return "\(prediction.rawValue), "
      + (flow.dynamicShift == nil
        ? "shift \(significant(flow.shift))" : "shifted by the image's size")
  }
}
