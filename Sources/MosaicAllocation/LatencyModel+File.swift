public import MosaicCore

extension LatencyModel {
  public static let schema = "mosaic.latency/1"

  /// Reads what `json` writes; the fit is made anew from the points.
  ///
  /// - Parameter file: Named in errors.
  /// - Throws: `AllocationFileError`.
  public init(parsing text: String, file: String) throws(AllocationFileError) {
    var fields = try FileFields(parsing: text, file: file, schema: Self.schema)
    let machine =
      fields.has("machine") ? try fields.take("machine", "a string", \.string) : ""
    var points: [Point] = []
    for var point in try fields.objects("points") {
      points.append(
        Point(
          sparsity: try point.number("sparsity", "a number from 0 to 1") { (0...1).contains($0) },
          milliseconds: try point.number("milliseconds", "a number above 0") { $0 > 0 }))
      try point.refuseTheRest()
    }
    try fields.refuseTheRest()
    do {
      try self.init(points: points, machine: machine)
    } catch {
      throw AllocationFileError(
        file: file, .unfit(field: "points", problem: "two different sparsities are needed"))
    }
  }

  /// What was measured, without the fit.
  public var json: JSONValue {
    var object = JSONObject()
    object["schema"] = JSONValue(Self.schema)
    if !machine.isEmpty { object["machine"] = JSONValue(machine) }
    object["points"] = JSONValue(
      points.map { point in
        ["sparsity": JSONValue(point.sparsity), "milliseconds": JSONValue(point.milliseconds)]
      })
    return .object(object)
  }
}

extension LatencyModel: CustomStringConvertible {
  /// A table of measured and fitted times, and the fit's error.
  public var description: String {
    var table = TextTable(header: ["sparsity", "measured ms", "fitted ms", "error"])
    for point in points {
      let fitted = milliseconds(at: point.sparsity)
      let error = (fitted - point.milliseconds) / point.milliseconds
      table.add([
        MosaicCore.fixed(point.sparsity, 3), significant(point.milliseconds, 4),
        significant(fitted, 4), "\(MosaicCore.fixed(100 * error, 1)) %",
      ])
    }
    return """
      latency of a forward\(machine.isEmpty ? "" : " on \(printable(machine))"): \
      \(significant(fixed, 4)) ms + \(significant(prunable, 4)) ms (1 - sparsity); off by at most \
      \(MosaicCore.fixed(100 * largestError, 1)) %, \
      \(MosaicCore.fixed(100 * rootMeanSquareError, 1)) % root mean square
      \(table.text)
      """
  }
}
