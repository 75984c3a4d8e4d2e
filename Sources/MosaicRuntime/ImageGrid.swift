/// Pictures side by side in one, in reading order, as near to a square as their number allows.
public struct ImageGrid: Sendable, Equatable {
  public let width: Int
  public let height: Int
  /// 1 or 3.
  public let channels: Int
  /// `height` rows of `width` pixels of `channels` bytes; black between the pictures and where the
  /// last row runs out.
  public let pixels: [UInt8]

  /// Black pixels between neighbours, not enlarged.
  private static let gap = 2

  /// - Parameters:
  ///   - images: `[n, c, h, w]`, row-major, c 1 or 3; -1 is black and 1 is white, what lies beyond
  ///     is clipped, and what is not a number is black.
  ///   - shape: n, c, h and w, all above 0.
  ///   - scale: Side of the square each pixel becomes; nil enlarges to about 64 pixels a side.
  /// - Precondition: `images` has the elements of `shape`.
  public init(images: UnsafeBufferPointer<Float>, shape: [Int], scale: Int? = nil) {
    precondition(shape.count == 4 && shape.allSatisfy { $0 > 0 })
    precondition(shape.reduce(1, *) == images.count)
    let (count, imageHeight, imageWidth) = (shape[0], shape[2], shape[3])
    channels = shape[1]
    precondition(channels == 1 || channels == 3)
    let scale = max(1, scale ?? 64 / max(imageHeight, imageWidth))
    let columns = ImageGrid.columnCount(of: count)
    let rows = (count + columns - 1) / columns
    let pitchX = imageWidth * scale + ImageGrid.gap
    let pitchY = imageHeight * scale + ImageGrid.gap
    width = columns * pitchX - ImageGrid.gap
    height = rows * pitchY - ImageGrid.gap

    var pixels = [UInt8](repeating: 0, count: width * height * channels)
    for image in 0..<count {
      let left = image % columns * pitchX
      let top = image / columns * pitchY
      for channel in 0..<channels {
        let plane = (image * channels + channel) * imageHeight * imageWidth
        for y in 0..<imageHeight * scale {
          let source = plane + y / scale * imageWidth
          let target = ((top + y) * width + left) * channels + channel
          for x in 0..<imageWidth * scale {
            pixels[target + x * channels] = ImageGrid.byte(images[source + x / scale])
          }
        }
      }
    }
    self.pixels = pixels
  }

  public var png: [UInt8] {
    PNG.encode(width: width, height: height, channels: channels, pixels: pixels)
  }

  /// The least number whose square reaches `count`.
  private static func columnCount(of count: Int) -> Int {
    var columns = Int(Double(count).squareRoot())
    while columns * columns < count { columns += 1 }
    return columns
  }

  private static func byte(_ value: Float) -> UInt8 {
    // Comparisons with what is not a number are false, so it falls through to 0.
    value > -1 ? UInt8(((min(value, 1) + 1) * 127.5).rounded(.toNearestOrEven)) : 0
  }
}
