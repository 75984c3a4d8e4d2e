internal import MosaicBundle
internal import MosaicCore
internal import MosaicRuntime
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// An open bundle behind a handle: one call at a time.
final class OpenModel: Sendable {
  let bundle: BundleReader
  private let threads: Int
  private let residency: BundleDenoiser.Residency
  private let precision: Precision
  private let state = Mutex(State())
  /// The thread whose call is under way, so that its callback can be told not to call again.
  private let caller = Atomic<UInt>(0)

  /// Variants stay with the denoiser of their guidance and plan from call to call.
  private struct State {
    var known: (guidance: Float?, plan: Int?, denoiser: BundleDenoiser)?
  }

  init(
    path: String, threads: Int, residency: BundleDenoiser.Residency, precision: Precision,
    memoryLimit: Int?
  ) throws {
    bundle = try BundleReader(
      path: path, memoryLimit: memoryLimit ?? BundleReader.physicalMemory)
    self.threads = threads
    self.residency = residency
    self.precision = precision
  }

  /// Calls `body` with the model's denoiser once no other thread uses it.
  ///
  /// - Throws: `CallError.reentered` from within a callback of this model.
  func withDenoiser<R>(
    guidance: Float?, plan: (number: Int, plan: FollowedPlan)? = nil,
    _ body: (inout BundleDenoiser) throws -> R
  ) throws -> R {
    let current = UInt(bitPattern: OpenModel.currentThread)
    guard caller.load(ordering: .relaxed) != current else { throw CallError.reentered }
    // Carried through the lock by hand: its closure may not capture what is not Sendable.
    return try state.withLock { state -> Result<Transferred<R>, any Error> in
      caller.store(current, ordering: .relaxed)
      defer { caller.store(0, ordering: .relaxed) }
      var denoiser: BundleDenoiser
      if let known = state.known, known.guidance == guidance, known.plan == plan?.number {
        denoiser = known.denoiser
      } else {
        denoiser = BundleDenoiser(
          bundle, threads: threads, guidance: guidance, plan: plan?.plan, residency: residency,
          precision: precision)
      }
      // Two copies would keep a variant that a switch means to drop.
      state.known = nil
      defer { state.known = (guidance, plan?.number, denoiser) }
      return Result { Transferred(value: try body(&denoiser)) }
    }.get().value
  }

  private static var currentThread: UnsafeRawPointer? {
    #if canImport(Glibc)
      UnsafeRawPointer(bitPattern: UInt(pthread_self()))
    #else
      UnsafeRawPointer(pthread_self())
    #endif
  }

  /// A weight of guidance as a request gives it: 0 stands for the bundle's own.
  func guidance(_ asked: Double) throws -> Float? {
    guard asked.isFinite else { throw CallError.outOfRange("guidance", "a number") }
    let weight = asked == 0 ? bundle.manifest.schedule.guidance : asked
    return weight == 1 ? nil : Float(weight)
  }

  /// The trajectory of a run of so many steps, with the guidance and the plan that go with it.
  ///
  /// - Parameters:
  ///   - steps: 0 stands for the plan's, or without one the bundle's own.
  ///   - guidance: 0 stands for theirs too.
  func setup(steps: Int, guidance: Double) throws -> SamplingSetup {
    guard guidance.isFinite else { throw CallError.outOfRange("guidance", "a number") }
    return try SamplingSetup(
      bundle.manifest, steps: steps == 0 ? nil : steps,
      guidance: guidance == 0 ? nil : Float(guidance))
  }
}

private struct Transferred<Value>: @unchecked Sendable { var value: Value }
