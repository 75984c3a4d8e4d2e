public import MosaicCore

extension BundleSummary {
  /// All that the texts say and more. The keys are documented in `docs/command-line.md`.
  public var json: JSONValue {
    let provenance = manifest.provenance
    var fields: [(String, JSONValue)] = [
      ("schema", "mosaic.inspect/1"),
      ("kind", "bundle"),
      ("generator", JSONValue(manifest.generator)),
      ("content_digest", JSONValue(hexadecimal(reader.contentDigest))),
      ("file_bytes", JSONValue(reader.fileSize)),
      ("architecture", JSONValue(manifest.model.architecture)),
      ("sample_shape", list(manifest.model.sampleShape) { JSONValue($0) }),
      ("class_names", list(manifest.model.classNames) { JSONValue($0) }),
      // A string: not every reader of JSON keeps 64 bits of a number.
      ("seed", JSONValue(String(provenance.seed))),
      ("arguments", list(provenance.arguments) { JSONValue($0) }),
      (
        "sources",
        list(provenance.sources) {
          ["name": JSONValue($0.name), "sha256": JSONValue(hexadecimal($0.sha256))]
        }
      ),
      ("zstd_version", JSONValue(provenance.zstdVersion)),
      ("schedule", json(of: manifest.schedule)),
      ("sensitivity", list(manifest.sensitivity, json(of:))),
      ("variants", list(manifest.variants.indices, variantJSON)),
      ("groups", list(manifest.groups.indices, groupJSON)),
      ("tensors", list(tensorFacts, json(of:))),
    ]
    let bytes = tensorBytes
    fields += [
      ("tensor_bytes", JSONValue(bytes.stored)),
      ("separate_tensor_bytes", JSONValue(bytes.separate)),
      ("dense_tensor_bytes", JSONValue(bytes.dense)),
    ]
    fields.append(("plans", list(manifest.plans) { json(of: $0) }))
    if let proof = manifest.proof { fields.append(("proof", json(of: proof))) }
    return .object(JSONObject(fields))
  }

  private func list<Elements: Collection>(
    _ elements: Elements, _ json: (Elements.Element) -> JSONValue
  ) -> JSONValue {
    .array(elements.map(json))
  }

  private func json(of schedule: Manifest.Schedule) -> JSONValue {
    [
      "kind": JSONValue(schedule.kind), "criterion": JSONValue(schedule.criterion),
      "budget": JSONValue(schedule.budget), "influence": JSONValue(schedule.influence),
      "sampler": JSONValue(schedule.sampler), "steps": JSONValue(schedule.steps),
      "guidance": JSONValue(schedule.guidance),
      "per_step": list(schedule.perStep, json(of:)),
    ]
  }

  private func json(of step: Manifest.Schedule.Step) -> JSONValue {
    [
      "timestep": JSONValue(step.timestep), "log_snr": JSONValue(step.logSNR),
      "variant": JSONValue(step.variant), "sparsity": JSONValue(step.sparsity),
      "influence": JSONValue(step.influence),
      "predicted_own_mse": JSONValue(step.predictedError),
    ]
  }

  private func json(of curve: Manifest.SensitivityCurve) -> JSONValue {
    [
      "step": JSONValue(curve.step), "sparsities": list(curve.sparsities) { JSONValue($0) },
      "mse": list(curve.errors) { JSONValue($0) },
    ]
  }

  private func variantJSON(_ number: Int) -> JSONValue {
    let variant = manifest.variants[number]
    let bytes = weightBytes(of: number)
    return [
      "name": JSONValue(variant.name),
      "log_snr_lower": JSONValue(variant.logSNRLower),
      "log_snr_upper": JSONValue(variant.logSNRUpper),
      "steps": list(steps(of: number)) { JSONValue($0) },
      "sparsity": JSONValue(variant.sparsity),
      "macs_per_forward": JSONValue(variant.macsPerSample),
      "kept_units": JSONValue(unitCounts(of: variant).kept),
      "units": JSONValue(unitCounts(of: variant).all),
      "weights": JSONValue(variant.weights.count),
      "own_bytes": JSONValue(bytes.own), "shared_bytes": JSONValue(bytes.shared),
    ]
  }

  private func groupJSON(_ index: Int) -> JSONValue {
    let group = manifest.groups[index]
    return [
      "name": JSONValue(group.name), "kind": JSONValue(group.kind),
      "units": JSONValue(group.unitCount), "unit_size": JSONValue(group.unitSize),
      "macs_per_unit": JSONValue(group.macsPerUnit),
      "kept": list(manifest.variants) { JSONValue(keptUnits(of: index, in: $0)) },
    ]
  }

  private func json(of fact: TensorFact) -> JSONValue {
    [
      "name": JSONValue(fact.tensor.name), "dtype": JSONValue(fact.tensor.dataType.rawValue),
      "shape": list(fact.tensor.shape) { JSONValue($0) },
      "bytes": JSONValue(fact.tensor.byteCount), "stored_bytes": JSONValue(fact.storedBytes),
      "codec": JSONValue(fact.codec), "role": JSONValue(fact.use.role.rawValue),
      "shared": JSONValue(fact.use.isShared),
      "variants": list(fact.use.variants) { JSONValue($0) },
    ]
  }

  private func json(of proof: Manifest.Proof) -> JSONValue {
    [
      "samples": JSONValue(proof.samples),
      "predicted_mse": JSONValue(proof.predictedMSE),
      "measured_mse": JSONValue(proof.measuredMSE),
      "standard_error": JSONValue(proof.standardError),
      "median_mse": JSONValue(proof.median),
      "uniform_mse": JSONValue(proof.uniformMeasuredMSE),
      "macs": JSONValue(proof.mosaicMACs),
      "dense_macs": JSONValue(proof.denseMACs),
      "uniform_macs": JSONValue(proof.uniformMACs),
      "parity": JSONValue(proof.parityMaxRelative),
      "operation_parity": JSONValue(proof.parityOpSamplesMax),
      "compared_with_original": JSONValue(proof.comparedWithOriginal),
    ]
  }
}
