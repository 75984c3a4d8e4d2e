public import MosaicCore

/// A program may not run.
///
/// The layer that knows the file and the variant adds their names.
public struct ProgramError: MosaicError, Equatable {
  public enum Place: Sendable, Equatable {
    case program
    /// Index into `Program.values`.
    case value(Int)
    /// Index into `Program.instructions`.
    case instruction(Int)
  }

  public var place: Place
  public var problem: String

  public init(_ place: Place, _ problem: String) {
    self.place = place
    self.problem = problem
  }

  public var description: String {
    switch place {
    case .program: "program: \(problem)"
    case .value(let index): "value \(index): \(problem)"
    case .instruction(let index): "instruction \(index): \(problem)"
    }
  }

  public var exitStatus: ExitStatus { .badData }
}
