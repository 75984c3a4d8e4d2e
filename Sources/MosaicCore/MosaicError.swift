/// Exit statuses of the command line, by the table of sysexits(3).
public enum ExitStatus: Int32, Sendable {
  case answerIsNo = 1
  case usage = 64
  case badData = 65
  case missingInput = 66
  case unsupported = 69
  case internalError = 70
  case cannotCreate = 73
  case inputOutput = 74
  case permission = 77
  case badConfiguration = 78
  case interrupted = 130
}

/// An error for the person at the keyboard: one line that names the place, what was expected and
/// what to do, and the status the command leaves with.
public protocol MosaicError: Error, CustomStringConvertible, Sendable {
  var exitStatus: ExitStatus { get }
}

/// Returns `text` fit for a terminal: control characters, quotes and escapes are spelled out, and
/// what is longer than `limit` characters is cut with its length named.
///
/// Names inside files come from strangers and may hold terminal escapes.
public func printable(_ text: String, limit: Int = 120) -> String {
  // Nearly all names are plain, Unicode's tables are slow, and readers ask for every name.
  if text.utf8.count <= limit, text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
  var result = ""
  var count = 0
  for scalar in text.unicodeScalars {
    count += 1
    guard count <= limit else { continue }
    let isControl = scalar.properties.generalCategory == .control
    let isFormat = scalar.properties.generalCategory == .format
    if isControl || isFormat {
      result += "\\u{" + String(scalar.value, radix: 16) + "}"
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
  return count <= limit ? result : result + "… (\(count) characters)"
}
