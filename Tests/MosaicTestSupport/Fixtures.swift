import Foundation

/// Where the files that tests read lie.
public enum Fixtures {
  /// The path of `name` in the repository's `Fixtures`.
  public static func path(_ name: String) -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return root.appending(path: "Fixtures/\(name)").path
  }

  /// The directory of models too large for the repository, where there is one.
  public static let models = ProcessInfo.processInfo.environment["MOSAIC_MODELS"]
}
