internal import MosaicCore

/// The JSON of a checkpoint's file.
///
/// - Parameter pythonWords: Whether NaN and Infinity are numbers.
/// - Throws: `FileError`, or `ImportError` where it is no JSON.
func readJSON(_ file: String, pythonWords: Bool = false) throws -> JSONValue {
  let mapped = try MappedFile(path: file)
  do throws(JSONError) {
    return try mapped.withBytes { bytes throws(JSONError) in
      try JSONValue(parsing: bytes, pythonWords: pythonWords)
    }
  } catch {
    throw ImportError(path: file, reason: .badJSON("\(error)"))
  }
}

/// The scheduler of a `scheduler_config.json`.
///
/// - Throws: `FileError`, `ImportError` or `SchedulerError`.
func readScheduler(_ file: String, sampler: SamplerKind?) throws -> SchedulerConfig {
  // DPM-Solver++ writes an infinite number of its own.
  try SchedulerConfig(
    json: try readJSON(file, pythonWords: true), file: file, sampler: sampler)
}
