/// What each weight of a 2-D convolution of one sample meets, laid out as the rows of a product.
public struct PatchShape: Sendable, Equatable {
  /// Of x [channels, height, width].
  public var channels: Int
  public var extents: (height: Int, width: Int)
  public var window: (height: Int, width: Int)
  public var strides: (height: Int, width: Int)
  public var dilations: (height: Int, width: Int)
  /// Zeros above and to the left.
  public var before: (height: Int, width: Int)
  /// Of y.
  public var places: (height: Int, width: Int)

  public init(
    channels: Int, extents: (height: Int, width: Int), window: (height: Int, width: Int),
    strides: (height: Int, width: Int), dilations: (height: Int, width: Int),
    before: (height: Int, width: Int), places: (height: Int, width: Int)
  ) {
    self.channels = channels
    self.extents = extents
    self.window = window
    self.strides = strides
    self.dilations = dilations
    self.before = before
    self.places = places
  }

  /// Rows a sample: elements of a plane of y.
  public var rowCount: Int { places.height * places.width }

  /// Columns: channels times taps, as in a weight [outer, channels, height, width].
  public var columns: Int { channels * window.height * window.width }

  public static func == (a: PatchShape, b: PatchShape) -> Bool {
    a.channels == b.channels && a.extents == b.extents && a.window == b.window
      && a.strides == b.strides && a.dilations == b.dilations && a.before == b.before
      && a.places == b.places
  }
}

/// Writes the rows `range` of the patches [rowCount, columns] of x, zero where the window hangs over
/// the edge.
///
/// - Parameter rows: `range.count * shape.columns` floats; need not be initialised.
public func patchRows(
  _ x: UnsafePointer<Float>, _ range: Range<Int>, into rows: UnsafeMutablePointer<Float>,
  shape: PatchShape
) {
  let plane = shape.extents.height * shape.extents.width
  var to = rows
  for place in range {
    let top = place / shape.places.width * shape.strides.height - shape.before.height
    let left = place % shape.places.width * shape.strides.width - shape.before.width
    for channel in 0..<shape.channels {
      for i in 0..<shape.window.height {
        let row = top + i * shape.dilations.height
        let isInside = row >= 0 && row < shape.extents.height
        let line = x + channel * plane + (isInside ? row : 0) * shape.extents.width
        for j in 0..<shape.window.width {
          let column = left + j * shape.dilations.width
          to.pointee = isInside && column >= 0 && column < shape.extents.width ? line[column] : 0
          to += 1
        }
      }
    }
  }
}
