/// How many step ranges a schedule has.
public enum RangeCount: Sendable, Equatable {
  case exactly(Int)
  /// As many as are worth their bytes (`RangeChoice`), 1 or more, at most this and at most one
  /// a step bucket.
  case automatic(atMost: Int)
}
