internal import COpenBLAS

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
  /// Zeros on each side.
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

  /// Floats of scratch that `convolution2D` needs.
  public var scratchCount: Int {
    isPointwise ? 0 : channels * kernel * kernel * bandHeight * outputWidth
  }

  /// Whether x is already the matrix of patches.
  var isPointwise: Bool { kernel == 1 && stride == 1 && padding == 0 }

  /// Rows of y computed at once: about 512 pixels, which use the packed weights well and keep the
  /// patches of a large image from filling the memory.
  var bandHeight: Int {
    isPointwise ? outputHeight : min(outputHeight, max(1, 512 / max(outputWidth, 1)))
  }
}

/// A 2-D convolution of one sample: x [channels, height, width],
/// weight [outer, channels, kernel, kernel], bias [outer], y [outer, outputHeight, outputWidth].
///
/// `y` and `scratch` overlap nothing.
///
/// - Parameter scratch: `shape.scratchCount` floats; need not be initialised.
public func convolution2D(
  _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
  into y: UnsafeMutablePointer<Float>, shape: ConvolutionShape,
  scratch: UnsafeMutablePointer<Float>
) {
  let pixels = shape.outputHeight * shape.outputWidth
  let inner = shape.channels * shape.kernel * shape.kernel
  if let bias {
    for channel in 0..<shape.outer {
      (y + channel * pixels).update(repeating: bias[channel], count: pixels)
    }
  }
  for top in stride(from: 0, to: shape.outputHeight, by: shape.bandHeight) {
    let rows = top..<min(top + shape.bandHeight, shape.outputHeight)
    let columns = rows.count * shape.outputWidth
    if !shape.isPointwise { gatherPatches(x, of: rows, into: scratch, shape: shape) }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans,
      blasInteger(shape.outer), blasInteger(columns), blasInteger(inner),
      1, weight, blasInteger(inner), shape.isPointwise ? x : UnsafePointer(scratch),
      blasInteger(columns),
      bias == nil ? 0 : 1, y + top * shape.outputWidth, blasInteger(pixels))
  }
}

/// Writes what each weight meets for the given rows of y: patches
/// [channels · kernel · kernel, rows · outputWidth], zero where the kernel hangs over the edge.
private func gatherPatches(
  _ x: UnsafePointer<Float>, of rows: Range<Int>, into patches: UnsafeMutablePointer<Float>,
  shape: ConvolutionShape
) {
  let step = shape.stride
  let outputWidth = shape.outputWidth
  var to = patches
  for channel in 0..<shape.channels {
    let plane = x + channel * shape.height * shape.width
    for kernelRow in 0..<shape.kernel {
      for kernelColumn in 0..<shape.kernel {
        // Column c of y reads column c · step + offset of x.
        let offset = kernelColumn - shape.padding
        let first = min(outputWidth, offset < 0 ? (-offset + step - 1) / step : 0)
        let reach = shape.width - 1 - offset
        let end = max(first, min(outputWidth, reach < 0 ? 0 : reach / step + 1))
        for row in rows {
          let source = row * step + kernelRow - shape.padding
          if source < 0 || source >= shape.height {
            to.update(repeating: 0, count: outputWidth)
          } else {
            let line = plane + source * shape.width + offset
            to.update(repeating: 0, count: first)
            if step == 1 {
              (to + first).update(from: line + first, count: end - first)
            } else {
              for column in first..<end { to[column] = line[column * step] }
            }
            (to + end).update(repeating: 0, count: outputWidth - end)
          }
          to += outputWidth
        }
      }
    }
  }
}
