import CMosaic
import Foundation
import MosaicRuntimeC
import MosaicTestSupport

/// A bundle that is open through the C interface.
final class OpenBundle: Sendable {
  let handle: mosaic_model

  init(_ path: String = Fixtures.path("bundles/v1.0/f32-three-ranges.mosaic")) throws {
    var error = mosaic_error()
    var handle: mosaic_model = 0
    guard mosaic_open(path, nil, &handle, &error) == 0 else { throw Failure(error) }
    self.handle = handle
  }

  deinit { _ = mosaic_close(handle, nil) }

  var description: mosaic_description {
    get throws {
      var error = mosaic_error()
      var result = mosaic_description()
      result.size = MemoryLayout<mosaic_description>.size
      guard mosaic_describe(handle, &result, &error) == 0 else { throw Failure(error) }
      return result
    }
  }

  /// Floats of one sample.
  var sampleSize: Int {
    get throws {
      let shape = try description
      return Int(shape.channels * shape.height * shape.width)
    }
  }

  func sample(
    count: Int = 2, seed: UInt64 = 3, user: UnsafeMutableRawPointer? = nil,
    callback: mosaic_callback? = nil
  ) throws -> [Float] {
    var error = mosaic_error()
    var request = Self.request(count: count, seed: seed)
    var images = [Float](repeating: .nan, count: count * (try sampleSize))
    let status = mosaic_sample(
      handle, &request, &images, images.count, callback, user, &error)
    guard status == 0 else { throw Failure(error) }
    return images
  }

  static func request(count: Int, seed: UInt64 = 3) -> mosaic_request {
    var request = mosaic_request()
    request.size = MemoryLayout<mosaic_request>.size
    request.count = Int64(count)
    request.seed = seed
    return request
  }
}

/// What a call said when it failed.
struct Failure: Error, Equatable {
  var code: Int32
  var text: String

  init(code: Int32, text: String) {
    self.code = code
    self.text = text
  }

  init(_ error: mosaic_error) {
    code = error.code
    text = withUnsafeBytes(of: error.text) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
