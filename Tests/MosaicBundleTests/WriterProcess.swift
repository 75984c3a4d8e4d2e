import Foundation
import MosaicCore

@testable import MosaicBundle

/// A started `mosaic-fuzz write`: another process that writes a bundle, to be killed or to fail.
final class WriterProcess {
  struct NotBuilt: Error {}

  struct Ending {
    /// What it said after "ready".
    var text: String
    var status: Int32
    var signal: Int32?

    /// Of a write that went well.
    var nanoseconds: Int { number(1) }
    var systemCalls: Int { number(2) }

    private func number(_ index: Int) -> Int {
      let words = text.split(whereSeparator: \.isWhitespace)
      return words.first == "done" && words.count > index ? Int(words[index]) ?? 0 : 0
    }
  }

  private let process = Process()
  private let pipe = Pipe()
  /// "ready", and already more of a quick one.
  private let start: Data

  /// Returns once the process is about to write.
  init(_ path: String, version: Int, kilobytes: Int, _ more: String...) throws {
    process.executableURL = try Self.executable.get()
    process.arguments =
      ["write", "path=\(path)", "version=\(version)", "kilobytes=\(kilobytes)"] + more
    process.standardOutput = pipe
    try process.run()
    start = pipe.fileHandleForReading.availableData
  }

  func kill() { _ = Foundation.kill(process.processIdentifier, SIGKILL) }

  func finish() -> Ending {
    let data = start + pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let wasSignal = process.terminationReason == .uncaughtSignal
    return Ending(
      text: String(decoding: data.dropFirst("ready\n".utf8.count), as: UTF8.self),
      status: process.terminationStatus,
      signal: wasSignal ? process.terminationStatus : nil)
  }

  /// As the package manager built it: in a directory above the test bundle's executable.
  private static let executable = Result { () throws -> URL in
    let starts =
      [Bundle.main.bundleURL, URL(filePath: CommandLine.arguments[0])]
      + Bundle.allBundles.map(\.bundleURL)
    for start in starts {
      var directory = start.standardizedFileURL
      while directory.path != "/" {
        let candidate = directory.appending(path: "mosaic-fuzz")
        if fileExists(candidate.path) { return candidate }
        directory.deleteLastPathComponent()
      }
    }
    throw NotBuilt()
  }
}

/// A bundle under one name that processes write to, and what lies beside it.
struct WriteTarget {
  private let scratch: Scratch
  let path: String

  /// Version 1 is there to begin with.
  init(kilobytes: Int) throws {
    scratch = try Scratch()
    path = scratch.path("target.mosaic")
    _ = try WriterProcess(path, version: 1, kilobytes: kilobytes).finish()
  }

  /// The version under the name, read whole with all checksums.
  func version() throws -> Int? {
    let reader = try BundleReader(path: path)
    try reader.verify()
    return reader.manifest.generator.split(separator: " ").last.flatMap { Int($0) }
  }

  /// Everything in the directory but the bundle itself.
  func others() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: scratch.directory.path)
      .filter { $0 != "target.mosaic" }
  }

  /// Removes what a killed writer left, and returns how many files that was.
  func removeStale() throws -> Int {
    let stale = try others().filter { $0.hasPrefix(".target.mosaic.tmp-") }
    for name in stale { try FileManager.default.removeItem(atPath: scratch.path(name)) }
    return stale.count
  }
}
