#if canImport(Glibc)
  @preconcurrency import Glibc
#elseif canImport(Darwin)
  @preconcurrency import Darwin
#endif

/// What tests and `.ci/sanitize` run in a process of its own: readers on damaged input, and a
/// writer that is killed. `pack` and `unpack` are for benchmarks.
@main struct MosaicFuzz {
  static func main() throws {
    // What was said before a crash is not lost.
    setvbuf(stdout, nil, _IONBF, 0)
    let arguments = Arguments(CommandLine.arguments.dropFirst())
    switch arguments.verb {
    case "bundles":
      var fuzzing = BundleFuzzing(
        directory: arguments.text("directory", "."), seed: arguments.number("seed", 1))
      try fuzzing.run(
        cases: arguments.number("cases", 1000), first: arguments.number("first", 0),
        isSystematic: arguments.number("systematic", 0) != 0)
    case "again":
      var fuzzing = BundleFuzzing(directory: arguments.text("directory", "."), seed: 0)
      print(try fuzzing.outcome("mutant.mosaic"))
    case "texts":
      var fuzzing = TextFuzzing(seed: arguments.number("seed", 1))
      fuzzing.run(cases: arguments.number("cases", 1000))
    case "onnx":
      var fuzzing = try ONNXFuzzing(
        directory: arguments.text("directory", "."), seed: arguments.number("seed", 1))
      fuzzing.run(
        cases: arguments.number("cases", 1000), first: arguments.number("first", 0),
        isSystematic: arguments.number("systematic", 0) != 0)
    case "write":
      try WriteRun(arguments).run()
    case "pack":
      try PackRun(arguments).pack()
    case "unpack":
      try PackRun(arguments).unpack()
    default:
      print("usage: mosaic-fuzz bundles|again|texts|onnx|write|pack|unpack [NAME=VALUE]...")
    }
  }
}

/// A verb and `NAME=VALUE`s.
struct Arguments {
  let verb: String
  private var values: [String: String] = [:]

  init(_ arguments: ArraySlice<String>) {
    verb = arguments.first ?? ""
    for argument in arguments.dropFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
    }
  }

  func text(_ name: String, _ standard: String) -> String { values[name] ?? standard }

  func number(_ name: String, _ standard: Int) -> Int {
    values[name].flatMap { Int($0) } ?? standard
  }
}
