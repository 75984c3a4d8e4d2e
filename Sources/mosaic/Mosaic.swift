import ArgumentParser

@main struct Mosaic: ParsableCommand {
  static let configuration = CommandConfiguration(subcommands: [Check.self])
}
