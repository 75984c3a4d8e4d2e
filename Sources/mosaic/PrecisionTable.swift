import MosaicBundle
import MosaicCore
import MosaicRuntime

/// What each precision changes of each variant's output, as `inspect --precisions` measures it.
struct PrecisionTable {
  private struct Row {
    var variant: String
    var measurement: PrecisionMeasurement
  }

  private var rows: [Row] = []

  init(_ bundle: BundleReader, threads: Int) throws {
    for (number, variant) in bundle.manifest.variants.enumerated() {
      rows += try bundle.measuredPrecisions(ofVariant: number, threads: threads).map {
        Row(variant: variant.name, measurement: $0)
      }
    }
  }

  var text: String {
    var table = TextTable(header: ["range", "precision", "weights", "error of a forward"])
    for row in rows {
      table.add([
        printable(row.variant), row.measurement.precision.rawValue,
        byteText(row.measurement.weightBytes), significant(row.measurement.relativeError),
      ])
    }
    return table.text
  }

  var json: JSONValue {
    JSONValue(
      rows.map { row -> JSONValue in
        [
          "variant": JSONValue(row.variant),
          "precision": JSONValue(row.measurement.precision.rawValue),
          "weight_bytes": JSONValue(row.measurement.weightBytes),
          "relative_error": JSONValue(row.measurement.relativeError),
        ]
      })
  }
}
