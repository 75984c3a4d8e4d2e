import ArgumentParser
import MosaicCodegen

/// `mosaic`: the compiler and runtime for pruned diffusion models.
@main struct Mosaic: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mosaic",
    abstract: "Compile diffusion checkpoints into pruned mosaic bundles, and sample them.",
    discussion: """
      A mosaic bundle holds one pruned variant of a network for each range of sampling steps. \
      `convert` measures how much each step matters, solves the schedule for a budget, prunes, \
      and proves the result on fresh samples.

        mosaic convert CHECKPOINT -o OUT.mosaic --budget 0.6
        mosaic inspect OUT.mosaic
        mosaic run OUT.mosaic -o samples.png --count 8

      MODEL is a diffusers directory or a bundle, told apart by content. Exit status: 0 done, \
      1 the answer is no (differs, out of tolerance, not as promised), 64 and up trouble.
      """,
    version: Conversion.generator,
    subcommands: [
      Convert.self, Inspect.self, Run.self, Diff.self, Analyse.self, Merge.self, Compare.self,
      Check.self, Bench.self,
      Verify.self,
    ])
}
