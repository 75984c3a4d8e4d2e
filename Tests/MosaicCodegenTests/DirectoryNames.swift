import Foundation
import MosaicTestSupport

extension TemporaryDirectory {
  /// Names of what lies in it, hidden files too.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}
