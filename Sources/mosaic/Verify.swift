import ArgumentParser
import MosaicBundle
import MosaicCore

/// `mosaic verify BUNDLE`: exits 0 when every byte is what the manifest says.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read a whole bundle and compare it with its checksums.",
    discussion: """
      Compares every chunk with its checksum and its SHA-256, checks every program, and prints the \
      content digest, which is the same for the same content however it is compressed. Exits 65 \
      where the file is damaged and 69 where it needs a newer mosaic.
      """)

  @Argument(help: "A bundle.", completion: .file(extensions: ["mosaic"]))
  var bundle: String

  @OptionGroup var machine: MachineOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try exiting {
      let verification = try BundleVerification(
        try BundleReader(path: bundle), threads: machine.threadCount)
      if output.json {
        print(verification.json.text(indented: true))
      } else if verification.isWhole {
        print(verification.text)
      }
      if let error = verification.error { throw error }
    }
  }
}
