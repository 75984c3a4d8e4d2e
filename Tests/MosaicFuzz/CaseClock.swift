#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Ends the process where a case takes too long: by processor time once it has ended, since other
/// programs may have the processors, and by an alarm where it never does.
struct CaseClock {
  private static let limit: UInt64 = 1_000_000_000
  private static let alarmSeconds: UInt32 = 30
  #if canImport(Glibc)
    private static let thisProcess = __rusage_who_t(RUSAGE_SELF.rawValue)
    private static let memoryUnit = 1024
  #else
    private static let thisProcess = RUSAGE_SELF
    private static let memoryUnit = 1
  #endif
  private(set) var longest: UInt64 = 0

  mutating func measure<Result>(_ name: String, _ work: () -> Result) -> Result {
    alarm(Self.alarmSeconds)
    let start = nanoseconds(of: CLOCK_THREAD_CPUTIME_ID)
    let result = work()
    let duration = nanoseconds(of: CLOCK_THREAD_CPUTIME_ID) - start
    alarm(0)
    longest = max(longest, duration)
    if duration > Self.limit { fail("\(name) took \(duration / 1_000_000) ms") }
    return result
  }

  var report: String { "longest \(longest / 1000) µs, peak memory \(peakMemory >> 20) MiB" }

  /// Bytes.
  private var peakMemory: Int {
    var usage = rusage()
    getrusage(Self.thisProcess, &usage)
    return usage.ru_maxrss * Self.memoryUnit
  }
}

#if canImport(Glibc)
  private func nanoseconds(of clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
#else
  private func nanoseconds(of clock: clockid_t) -> UInt64 { clock_gettime_nsec_np(clock) }
#endif

/// Says so at once: a sanitizer may end the process before a buffer is written.
func fail(_ message: String) -> Never {
  let line = Array("FAILED \(message)\n".utf8)
  write(STDERR_FILENO, line, line.count)
  _exit(1)
}

/// What an error or a name from a file may not hold once printed: it would reach the terminal.
func checkPrintable(_ text: String, _ name: String) {
  // Unicode's control characters (Cc), without a look into its tables for each.
  let isPlain = text.unicodeScalars.allSatisfy {
    !(0..<0x20).contains($0.value) && !(0x7F..<0xA0).contains($0.value)
  }
  if !isPlain { fail("\(name) prints control characters: \(text.debugDescription)") }
}
