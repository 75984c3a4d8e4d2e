public import CMosaic
internal import MosaicBundle
internal import MosaicCore
internal import MosaicRuntime

/// A caller's request, checked.
struct PreparedSampling {
  var request = SampleRequest()
  var sampler: Sampler
  var setup: SamplingSetup

  /// - Parameter images: Floats that the caller has room for.
  /// The plan that the run follows.
  var plan: (number: Int, plan: FollowedPlan)? {
    guard let number = setup.planNumber, let plan = setup.plan else { return nil }
    return (number, plan)
  }

  /// - Throws: `CallError` for what `mosaic.h` does not allow.
  init(_ asked: mosaic_request, of model: OpenModel, images: Int) throws {
    let description = model.bundle.manifest.model
    guard asked.count > 0 else { throw CallError.outOfRange("count", "1 or more") }
    guard (0...100_000).contains(asked.steps) else {
      throw CallError.outOfRange("steps", "0 to 100000")
    }
    let elements = try floatCount([Int(asked.count)] + description.sampleShape, "count")
    guard images == elements else {
      throw CallError.elements("images", expected: elements, found: images)
    }
    guard asked.class_count >= 0, asked.classes != nil || asked.class_count == 0 else {
      throw CallError.outOfRange("class_count", "0 without classes, else how many there are")
    }
    request.count = Int(asked.count)
    request.seed = asked.seed
    request.classes = try checkedClasses(
      asked.classes, count: Int(asked.class_count),
      known: max(description.classCount, (description.nullClass ?? -1) + 1))
    if let noise = asked.noise {
      request.noise = (
        Array(UnsafeBufferPointer(start: noise, count: elements)),
        [Int(asked.count)] + description.sampleShape
      )
    }
    setup = try model.setup(steps: Int(asked.steps), guidance: asked.guidance)
    sampler = Sampler(trajectory: setup.trajectory, seed: asked.seed)
  }
}
