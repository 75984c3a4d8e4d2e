internal import CZstd

/// One-shot zstd frames.
enum Zstd {
  static var version: String { String(cString: ZSTD_versionString()) }

  static func bound(_ size: Int) -> Int { ZSTD_compressBound(size) }

  /// Whether `frame` is exactly one frame that declares `output.count` bytes and decodes to them.
  ///
  /// One-shot decoding alone accepts frames one after the other and an output too large, so the
  /// frame's own sizes are compared first.
  static func decode(
    _ frame: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard ZSTD_getFrameContentSize(frame.baseAddress, frame.count) == UInt64(output.count),
      ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count) == frame.count
    else { return false }
    let size = ZSTD_decompress(output.baseAddress, output.count, frame.baseAddress, frame.count)
    return ZSTD_isError(size) == 0 && size == output.count
  }

  /// Compresses on one thread: more would change the bytes.
  final class Encoder {
    private let context: OpaquePointer
    private let level: Int32

    init?(level: Int) {
      guard let context = ZSTD_createCCtx() else { return nil }
      self.context = context
      self.level = Int32(clamping: level)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Writes one frame to the start of `output` and returns its size, or nil where it does not
    /// fit.
    func encode(
      _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Int? {
      let size = ZSTD_compressCCtx(
        context, output.baseAddress, output.count, bytes.baseAddress, bytes.count, level)
      return ZSTD_isError(size) == 0 ? size : nil
    }
  }
}
