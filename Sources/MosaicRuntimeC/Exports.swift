public import CMosaic
internal import MosaicBundle
internal import MosaicCore
internal import MosaicRuntime

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

// What `mosaic.h` declares, in its order.

@c @implementation
public func mosaic_api_version() -> Int32 { Int32(MOSAIC_API_VERSION) }

@c @implementation
public func mosaic_open(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<mosaic_options>!,
  _ model: UnsafeMutablePointer<mosaic_model>!, _ error: UnsafeMutablePointer<mosaic_error>!
) -> Int32 {
  answering(error) {
    guard let path else { throw CallError.null("path") }
    guard let model else { throw CallError.null("model") }
    model.pointee = 0
    let options = try options.map { try checked($0, "options") }
    let threads = Int(options?.threads ?? 0)
    guard (0...4096).contains(threads) else { throw CallError.outOfRange("threads", "0 to 4096") }
    let kinds: [BundleDenoiser.Residency] = [.next, .one, .all]
    let resident = Int(options?.resident ?? 0)
    guard kinds.indices.contains(resident) else {
      throw CallError.outOfRange("resident", "0, 1 or 2")
    }
    let precision = try checkedPrecision(options?.precision ?? 0)
    let limit = options?.memory_limit ?? 0
    model.pointee = Handles.add(
      try OpenModel(
        path: String(cString: path),
        threads: threads == 0 ? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) : threads,
        residency: kinds[resident], precision: precision,
        memoryLimit: limit == 0 ? nil : Int(clamping: limit)))
  }
}

@c @implementation
public func mosaic_close(
  _ model: mosaic_model, _ error: UnsafeMutablePointer<mosaic_error>!
) -> Int32 {
  answering(error) { try Handles.remove(model) }
}

@c @implementation
public func mosaic_describe(
  _ model: mosaic_model, _ description: UnsafeMutablePointer<mosaic_description>!,
  _ error: UnsafeMutablePointer<mosaic_error>!
) -> Int32 {
  answering(error) {
    let open = try Handles.model(model)
    var result = try checked(UnsafePointer(description), "description")
    let manifest = open.bundle.manifest
    let shape = manifest.model.sampleShape
    guard shape.count == 3 else {
      throw CallError.outOfRange("model", "one whose samples have channels, height and width")
    }
    (result.channels, result.height, result.width) = (
      Int64(shape[0]), Int64(shape[1]), Int64(shape[2])
    )
    result.classes = Int64(manifest.model.classInput == nil ? 0 : manifest.model.classCount)
    result.variants = Int64(manifest.variants.count)
    result.steps = Int64(manifest.schedule.steps)
    result.guidance = manifest.schedule.guidance
    description.pointee = result
  }
}

@c @implementation
public func mosaic_sample(
  _ model: mosaic_model, _ request: UnsafePointer<mosaic_request>!,
  _ images: UnsafeMutablePointer<Float>!, _ imageElements: Int, _ callback: mosaic_callback!,
  _ user: UnsafeMutableRawPointer!, _ error: UnsafeMutablePointer<mosaic_error>!
) -> Int32 {
  answering(error) {
    let open = try Handles.model(model)
    let asked = try checked(request, "request")
    guard let images else { throw CallError.null("images") }
    let prepared = try PreparedSampling(asked, of: open, images: imageElements)
    let result = try open.withDenoiser(
      guidance: prepared.setup.guidance, plan: prepared.plan
    ) { denoiser in
      try prepared.sampler.run(prepared.request, with: &denoiser) { report in
        guard let callback else { return }
        var progress = mosaic_progress(
          step: Int64(report.step + 1), steps: Int64(report.steps),
          variant: Int64(report.variant), seconds: report.seconds)
        if callback(&progress, user) != 0 { throw CallError.cancelled }
      }
    }
    images.update(from: result.images, count: result.images.count)
  }
}

@c @implementation
public func mosaic_trajectory(
  _ model: mosaic_model, _ steps: Int64, _ timesteps: UnsafeMutablePointer<Double>!,
  _ logSNR: UnsafeMutablePointer<Double>!, _ error: UnsafeMutablePointer<mosaic_error>!
) -> Int32 {
  answering(error) {
    let open = try Handles.model(model)
    guard let timesteps else { throw CallError.null("timesteps") }
    guard let logSNR else { throw CallError.null("log_snr") }
    guard (1...100_000).contains(steps) else { throw CallError.outOfRange("steps", "1 to 100000") }
    let trajectory = try open.setup(steps: Int(steps), guidance: 0).trajectory
    for (index, step) in trajectory.steps.enumerated() {
      timesteps[index] = step.timestep
      logSNR[index] = step.logSNR
    }
  }
}

@c @implementation
public func mosaic_denoise(
  _ model: mosaic_model, _ states: UnsafePointer<Float>!, _ count: Int64,
  _ classes: UnsafePointer<Int64>!, _ timestep: Double, _ logSNR: Double, _ guidance: Double,
  _ output: UnsafeMutablePointer<Float>!, _ outputElements: Int,
  _ error: UnsafeMutablePointer<mosaic_error>!
) -> Int32 {
  answering(error) {
    let open = try Handles.model(model)
    guard let states else { throw CallError.null("states") }
    guard let output else { throw CallError.null("output") }
    guard count > 0 else { throw CallError.outOfRange("count", "1 or more") }
    guard timestep.isFinite else { throw CallError.outOfRange("timestep", "a number") }
    guard !logSNR.isNaN else { throw CallError.outOfRange("log_snr", "a number") }
    let description = open.bundle.manifest.model
    let elements = try floatCount([Int(count)] + description.sampleShape, "count")
    guard outputElements == elements else {
      throw CallError.elements("output", expected: elements, found: outputElements)
    }
    let known = max(description.classCount, (description.nullClass ?? -1) + 1)
    let takesClasses = description.classInput != nil
    if takesClasses, classes == nil { throw CallError.null("classes") }
    let labels =
      takesClasses
      ? try checkedClasses(classes, count: Int(count), known: known).map { Int32($0) }
      : [Int32](repeating: 0, count: Int(count))
    let result = try open.withDenoiser(guidance: try open.guidance(guidance)) { denoiser in
      try denoiser.predictor(logSNR: logSNR).0.predict(
        states: Array(UnsafeBufferPointer(start: states, count: elements)), timestep: timestep,
        labels: labels)
    }
    output.update(from: result, count: elements)
  }
}
