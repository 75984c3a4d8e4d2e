import MosaicCore
import Testing

/// What the command says of itself.
@Suite struct HelpTests {
  private let verbs = [
    "convert", "inspect", "run", "diff", "analyse", "merge", "compare", "check", "verify", "bench",
  ]

  @Test func overview() throws {
    let result = try mosaic("--help")
    #expect(result.status == 0)
    #expect(result.errors == "")
    for verb in verbs { #expect(result.output.contains("\n  \(verb) "), "\(verb)") }
    #expect(try mosaic().output == result.output)
    #expect(try mosaic("help").output == result.output)
  }

  @Test(arguments: [
    "convert", "inspect", "run", "diff", "analyse", "merge", "compare", "check", "verify", "bench",
  ]) func verb(name: String) throws {
    let result = try mosaic(name, "--help")
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(result.output.contains("USAGE: mosaic \(name) "))
    // Documented options have a line of help each; an option alone would end its line.
    let options = result.output.split(separator: "\n").filter { $0.hasPrefix("  -") }
    #expect(options.count >= 4)
    #expect(try mosaic("help", name).output == result.output)
  }

  @Test func version() throws {
    let result = try mosaic("--version")
    #expect(result.status == 0)
    #expect(result.output.wholeMatch(of: /mosaic \d+\.\d+\.\d+\n/) != nil)
  }

  @Test(arguments: [
    ["bogus"], ["--bogus"], ["convert"], ["convert", "a"], ["run", "a"], ["check", "a"],
    ["inspect"], ["diff", "a"], ["convert", "a", "-o", "b", "--schedule", "best"],
    ["convert", "a", "-o", "b", "--criterion", "best"],
    ["convert", "a", "-o", "b", "--max-memory", "0"],
    ["convert", "a", "-o", "b", "--max-memory", "9999999999T"],
    ["inspect", "a", "--sampler", "heun"], ["run", "a", "-o", "b.png", "--image-tokens", "0"],
  ])
  func wrongUsage(arguments: [String]) throws {
    let result = try mosaic(arguments)
    #expect(result.status == ExitStatus.usage.rawValue)
    #expect(result.output == "")
    #expect(result.errors.hasPrefix("Error: "))
  }
}
