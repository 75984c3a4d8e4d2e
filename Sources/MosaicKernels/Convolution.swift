internal import CMosaicSIMD

/// The sizes of a 2-D convolution of one sample, without groups.
public struct ConvolutionShape: Sendable, Equatable {
  /// Channels of x.
  public var channels: Int
  public var height: Int
  public var width: Int
  /// Channels of y.
  public var outer: Int
  public var kernel: Int
  public var stride: Int
  /// Zeros on each side, fewer than `kernel`.
  public var padding: Int

  public init(
    channels: Int, height: Int, width: Int, outer: Int, kernel: Int, stride: Int, padding: Int
  ) {
    self.channels = channels
    self.height = height
    self.width = width
    self.outer = outer
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }

  public var outputHeight: Int { (height + 2 * padding - kernel) / stride + 1 }
  public var outputWidth: Int { (width + 2 * padding - kernel) / stride + 1 }

  /// Elements of a channel of y.
  public var places: Int { outputHeight * outputWidth }

  /// Elements of a channel's weights.
  public var taps: Int { channels * kernel * kernel }

  /// Floats of scratch that `convolution2D` needs.
  public var scratchCount: Int {
    withUnsafePointer(to: sizes) { mosaic_convolution_scratch($0) }
  }

  fileprivate var sizes: mosaic_convolution {
    mosaic_convolution(
      channels: channels, height: height, width: width, kernel: kernel, stride: stride,
      padding: padding)
  }
}

/// A 2-D convolution of one sample: x [channels, height, width],
/// weight [outer, channels, kernel, kernel], bias [outer], y [outer, outputHeight, outputWidth].
///
/// Every element of y is summed in the order of the weight, so how the work is divided does not show
/// in the result. `y` and `scratch` overlap nothing.
///
/// - Parameters:
///   - places: The elements of each channel of y that are computed; all by default.
///   - outer: The channels of y that are computed; all by default.
///   - scratch: `shape.scratchCount` floats; need not be initialised.
public func convolution2D(
  _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
  into y: UnsafeMutablePointer<Float>, shape: ConvolutionShape, places: Range<Int>? = nil,
  outer: Range<Int>? = nil, scratch: UnsafeMutablePointer<Float>
) {
  let places = places ?? 0..<shape.places
  let outer = outer ?? 0..<shape.outer
  withUnsafePointer(to: shape.sizes) { sizes in
    mosaic_convolution(
      x, weight + outer.lowerBound * shape.taps, bias.map { $0 + outer.lowerBound },
      y + outer.lowerBound * shape.places, sizes, places.lowerBound, places.upperBound,
      outer.count, scratch)
  }
}
