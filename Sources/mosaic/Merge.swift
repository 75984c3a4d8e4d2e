import ArgumentParser
import MosaicAnalysis
import MosaicCore

/// `mosaic merge A.stats B.stats … -o OUT.stats`: joins what several machines gathered.
struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Join the shards of one calibration.",
    discussion: """
      The shards of 'analyse --shard', in any order: the result has the same bytes whoever gathered \
      what. A shard given twice counts once; missing ones are named.
      """)

  @Argument(help: "Shards, each written by 'analyse --shard'.")
  var shards: [String]

  @Option(name: .shortAndLong, help: "The statistics to write.")
  var output: String

  @Flag(help: "Refuse to replace an existing output.")
  var noClobber = false

  @OptionGroup var print: OutputOptions

  func run() throws {
    try exiting {
      try refuse(output, among: shards)
      let files = try shards.map { (path: $0, file: try StatisticsFile(path: $0)) }
      let merged = try StatisticsFile.merged(files)
      try merged.write(to: output, replacing: !noClobber)
      let count = merged.statistics.leafCount
      guard print.json else {
        return Swift.print(
          "\(printable(output, limit: 400)): \(count) leaves of \(shards.count) "
            + "file\(shards.count == 1 ? "" : "s")")
      }
      let json: JSONValue = [
        "schema": "mosaic.merge/1", "output": JSONValue(output),
        "files": JSONValue(shards.count), "leaves": JSONValue(count),
      ]
      Swift.print(json.text(indented: true))
    }
  }
}
