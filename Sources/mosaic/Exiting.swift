import ArgumentParser
import MosaicCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Runs a verb's work: an error is printed once, on one line, and becomes the exit status that the
/// table in `docs/command-line.md` gives it.
func exiting(_ work: () throws -> Void) throws {
  do {
    try work()
  } catch let code as ExitCode {
    throw code
  } catch let error as Interrupt.Received {
    printError("interrupted; nothing was written")
    throw ExitCode(128 + error.signal)
  } catch let error as any MosaicError {
    printError(error.description)
    throw ExitCode(error.exitStatus.rawValue)
  } catch {
    printError("internal error: \(error); please report it")
    throw ExitCode(ExitStatus.internalError.rawValue)
  }
}

/// One line on standard error.
func printError(_ message: String) { writeToStandardError("mosaic: \(message)\n") }

func writeToStandardError(_ text: String) {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    guard written > 0 else { return }
    bytes = bytes.dropFirst(written)
  }
}
