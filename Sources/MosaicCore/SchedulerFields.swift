/// The fields of a scheduler config, each taken once; what is left is what nobody read.
struct SchedulerFields {
  private var rest: JSONObject
  private let file: String

  /// Fields without effect on the samplers here, whatever they hold: bounds of thresholding, which
  /// is refused when it is on, and a leftover of PNDM that published configs carry.
  private static let inert: Set<String> = [
    "dynamic_thresholding_ratio", "sample_max_value", "skip_prk_steps",
  ]

  /// Leftovers of other samplers that would change the noise levels were they true.
  private static let inertWhenFalse = [
    "use_beta_sigmas", "use_exponential_sigmas", "use_karras_sigmas",
  ]

  init(_ json: JSONValue, file: String) throws(SchedulerError) {
    guard let object = json.object else {
      throw SchedulerError(
        file: file, .badValue(field: "the file", found: json.kind, expected: "an object"))
    }
    rest = object
    self.file = file
  }

  func bad(_ field: String, _ found: String, _ expected: String) -> SchedulerError {
    SchedulerError(file: file, .badValue(field: field, found: found, expected: expected))
  }

  func unsupported(_ field: String, _ found: String, _ supported: String) -> SchedulerError {
    SchedulerError(
      file: file, .unsupportedValue(field: field, found: found, supported: supported))
  }

  private mutating func take<Value>(
    _ field: String, _ expected: String, _ read: (JSONValue) -> Value?
  ) throws(SchedulerError) -> Value? {
    guard let json = rest[field] else { return nil }
    rest[field] = nil
    guard let value = read(json) else { throw bad(field, json.text(), expected) }
    return value
  }

  mutating func string(_ field: String) throws(SchedulerError) -> String? {
    try take(field, "a string") { $0.string }
  }

  mutating func bool(_ field: String) throws(SchedulerError) -> Bool? {
    try take(field, "true or false") { $0.bool }
  }

  mutating func number(_ field: String) throws(SchedulerError) -> Double? {
    try take(field, "a number") { $0.double }
  }

  /// A number; null counts as absent.
  mutating func numberOrNull(_ field: String) throws(SchedulerError) -> Double? {
    if rest[field] == .null { rest[field] = nil }
    return try number(field)
  }

  mutating func integer(_ field: String, atLeast least: Int) throws(SchedulerError) -> Int? {
    try take(field, "an integer of \(least) or more") { json in
      json.int.flatMap { $0 >= least ? $0 : nil }
    }
  }

  /// A list of numbers that is not empty; null counts as absent.
  mutating func numbers(_ field: String) throws(SchedulerError) -> [Double]? {
    if rest[field] == .null { rest[field] = nil }
    return try take(field, "a list of numbers") { json in
      let numbers = json.array?.compactMap(\.double) ?? []
      return numbers.isEmpty || numbers.count != json.array?.count ? nil : numbers
    }
  }

  /// One of `choices`, or of all there are.
  mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ field: String, among choices: [Choice] = Array(Choice.allCases)
  ) throws(SchedulerError) -> Choice? {
    guard let name = try string(field) else { return nil }
    guard let choice = choices.first(where: { $0.rawValue == name }) else {
      let names = choices.map(\.rawValue).joined(separator: ", ")
      throw unsupported(field, "'\(name)'", choices.count > 1 ? "one of \(names)" : names)
    }
    return choice
  }

  /// A number that may have no bound: Python writes -Infinity, which JSON has no word for.
  mutating func unboundedNumber(_ field: String) throws(SchedulerError) -> Double? {
    try take(field, "a number or -Infinity") { json in
      json.string == "-Infinity" ? -.infinity : json.double
    }
  }

  /// Takes fields that mean nothing here, whatever they hold.
  mutating func passOver(_ fields: [String]) {
    for field in fields { rest[field] = nil }
  }

  /// Takes a field of which one value alone is carried out.
  mutating func refuse(_ field: String, unless neutral: JSONValue) throws(SchedulerError) {
    guard let json = rest[field], json != neutral else {
      rest[field] = nil
      return
    }
    throw unsupported(field, json.text(), neutral.text())
  }

  /// Refuses the first field that nobody took and that matters.
  mutating func refuseTheRest() throws(SchedulerError) {
    for field in SchedulerFields.inertWhenFalse { try refuse(field, unless: false) }
    for field in rest.keys where !field.hasPrefix("_") && !SchedulerFields.inert.contains(field) {
      throw SchedulerError(file: file, .unknownField(field))
    }
  }
}
