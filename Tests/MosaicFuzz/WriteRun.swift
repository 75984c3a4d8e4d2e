import CFaults
import MosaicBundle
import MosaicCore
import MosaicTestSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes a bundle of random weights as another process, to be killed or to meet a fault.
///
/// `write path=PATH version=N kilobytes=N`, with `fail=K` and `error=ERRNO`, `before=K` or
/// `after=K` for the system call of index K, or `bytes=N` for the most a file may hold. Says
/// "ready" before it starts, then "done", the nanoseconds it took and the system calls it made.
struct WriteRun {
  private let arguments: Arguments

  init(_ arguments: Arguments) { self.arguments = arguments }

  func run() throws {
    let tensors = makeTensors()
    setFaults()
    say("ready")
    let clock = ContinuousClock()
    do {
      let version = arguments.number("version", 1)
      let duration = try clock.measure {
        try SeedBundle.write(
          to: arguments.text("path", ""), more: tensors, generator: "version \(version)")
      }
      let nanoseconds = Int(duration / .nanoseconds(1))
      say("done \(nanoseconds) \(faults_calls())")
    } catch let error as BundleError {
      say("error \(error)")
      exit(error.exitStatus.rawValue)
    }
  }

  private func makeTensors() -> [TensorView] {
    var random = SplitMix64(seed: UInt64(arguments.number("version", 1)))
    let size = arguments.number("kilobytes", 20 << 10) << 10
    return (0..<5).map { _ in
      let bytes = OwnedBytes(count: size / 5 & ~3)
      for offset in stride(from: 0, to: bytes.memory.count, by: 4) {
        let bits = UInt32(truncatingIfNeeded: random.next())
        bytes.memory.storeBytes(of: bits, toByteOffset: offset, as: UInt32.self)
      }
      return TensorView(
        dataType: .u8, shape: [bytes.memory.count],
        bytes: UnsafeRawBufferPointer(bytes.memory), owner: bytes)
    }
  }

  private func setFaults() {
    // Ignored, the signal makes the call return its error. A parent may have ignored or blocked it.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGXFSZ)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    signal(SIGXFSZ, arguments.number("ignore", 1) != 0 ? SIG_IGN : SIG_DFL)
    let bytes = arguments.number("bytes", -1)
    if bytes >= 0 {
      var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    }
    for (name, fault) in [
      ("fail", FAULT_FAIL), ("before", FAULT_DIE_BEFORE), ("after", FAULT_DIE_AFTER),
    ] {
      let index = arguments.number(name, -1)
      guard index >= 0 else { continue }
      return faults_arm(fault, Int32(index), Int32(arguments.number("error", Int(ENOSPC))))
    }
    faults_arm(FAULT_NONE, 0, 0)
  }

  /// Without a buffer that a signal would lose.
  private func say(_ text: String) {
    let line = Array("\(text)\n".utf8)
    write(STDOUT_FILENO, line, line.count)
  }
}
