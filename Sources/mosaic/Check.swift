import ArgumentParser
import MosaicCore
import MosaicImport
import MosaicLowering
import MosaicRuntime

struct Check: ParsableCommand {
  @Argument var model: String
  @Option var reference: String
  func run() throws {
    let imported = try CheckpointImporter(path: model).load()
    print(imported.warnings, imported.description)
    let dense = try DenseNetwork(imported.graph, weights: imported.weights)
    let executor = try dense.executor(threads: 2)
    print(try executor.compare(with: SafetensorsReader(path: reference)))
  }
}
