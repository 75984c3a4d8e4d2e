import Foundation
import MosaicCore
import MosaicTestSupport
import Testing

/// What a run of the command left behind.
struct CommandResult {
  var status: Int32
  /// Standard output.
  var output: String
  /// Standard error.
  var errors: String

  /// Standard output, which must be one JSON value.
  func json() throws -> JSONValue { try parseJSON(output) }
}

/// A started `mosaic`.
///
/// Its streams go to files: however much it writes, nothing waits for a reader.
final class Command {
  struct NotBuilt: Error, CustomStringConvertible {
    var description: String { "the mosaic executable is not beside the tests; build it first" }
  }

  struct TimedOut: Error {
    var arguments: [String]
    var errors: String
  }

  private let arguments: [String]
  private let process = Process()
  private let streams: TemporaryDirectory
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameter environment: Variables beside those of the tests.
  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    self.arguments = arguments
    streams = try TemporaryDirectory()
    process.executableURL = try Self.executable.get()
    process.arguments = arguments
    // An inherited choice of kernels would add a warning to standard error.
    let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("OPENBLAS_") }
    process.environment = inherited.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(
      forWritingTo: URL(filePath: try streams.file("output")))
    process.standardError = try FileHandle(
      forWritingTo: URL(filePath: try streams.file("errors")))
    let ended = ended
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
  }

  /// What has come on standard error so far.
  var errors: String { read("errors") }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// - Throws: `TimedOut` where it runs longer than `seconds`; it is killed then.
  func finish(within seconds: Double = 60) throws -> CommandResult {
    guard ended.wait(timeout: .now() + seconds) == .success else {
      send(SIGKILL)
      throw TimedOut(arguments: arguments, errors: errors)
    }
    return CommandResult(
      status: process.terminationStatus, output: read("output"), errors: errors)
  }

  private func read(_ name: String) -> String {
    let data = FileManager.default.contents(atPath: "\(streams.path)/\(name)") ?? Data()
    return String(decoding: data, as: UTF8.self)
  }

  /// `mosaic` as the package manager built it: in a directory above the test bundle's executable.
  private static let executable = Result { () throws -> URL in
    let starts =
      [Bundle.main.bundleURL, URL(filePath: CommandLine.arguments[0])]
      + Bundle.allBundles.map(\.bundleURL)
    for start in starts {
      var directory = start.standardizedFileURL
      while directory.path != "/" {
        let candidate = directory.appending(path: "mosaic")
        if fileExists(candidate.path),
          FileManager.default.isExecutableFile(atPath: candidate.path)
        {
          return candidate
        }
        directory.deleteLastPathComponent()
      }
    }
    throw NotBuilt()
  }
}

/// Runs `mosaic` to its end.
func mosaic(_ arguments: String...) throws -> CommandResult {
  try Command(arguments).finish()
}

func mosaic(_ arguments: [String]) throws -> CommandResult { try Command(arguments).finish() }

func parseJSON(_ text: String) throws -> JSONValue {
  var text = text
  return try text.withUTF8 { try JSONValue(parsing: UnsafeRawBufferPointer($0)) }
}

/// Expects the run to have been refused: `status`, one line on standard error, nothing on standard
/// output.
func expectRefusal(
  _ result: CommandResult, _ status: MosaicCore.ExitStatus, _ message: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(result.errors == "mosaic: \(message)\n", sourceLocation: sourceLocation)
  #expect(result.output == "", sourceLocation: sourceLocation)
  #expect(result.status == status.rawValue, sourceLocation: sourceLocation)
}

/// Expects the argument parser to have refused the arguments: its first line is `message`, and the
/// usage follows.
func expectUsageError(
  _ result: CommandResult, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let lines = result.errors.split(separator: "\n")
  #expect(lines.first == "Error: \(message)", sourceLocation: sourceLocation)
  #expect(result.output == "", sourceLocation: sourceLocation)
  #expect(result.status == ExitStatus.usage.rawValue, sourceLocation: sourceLocation)
}
