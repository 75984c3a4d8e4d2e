import CMosaic
import Foundation
import MosaicRuntimeC
import MosaicTestSupport
import Testing

/// Calls that are not as the header asks: a code and a line of text, never a crash.
@Suite struct RefusalTests {
  /// The failure of a call, which has to fail.
  private func refusal(
    _ call: (UnsafeMutablePointer<mosaic_error>) -> Int32
  ) -> Failure {
    var error = mosaic_error()
    let status = call(&error)
    #expect(status != 0 && status == error.code)
    return Failure(error)
  }

  @Test func nullsAreNamed() throws {
    let bundle = try OpenBundle()
    var handle: mosaic_model = 7
    var number = 0.0
    var request = OpenBundle.request(count: 1)
    #expect(
      refusal { mosaic_open(nil, nil, &handle, $0) } == Failure(code: 64, text: "'path' is null"))
    #expect(
      refusal { mosaic_open("x", nil, nil, $0) } == Failure(code: 64, text: "'model' is null"))
    #expect(refusal { mosaic_describe(bundle.handle, nil, $0) }.text == "'description' is null")
    #expect(
      refusal { mosaic_sample(bundle.handle, nil, nil, 0, nil, nil, $0) }.text
        == "'request' is null")
    #expect(
      refusal { mosaic_sample(bundle.handle, &request, nil, 0, nil, nil, $0) }.text
        == "'images' is null")
    #expect(
      refusal { mosaic_trajectory(bundle.handle, 5, nil, &number, $0) }.text
        == "'timesteps' is null")
    #expect(
      refusal { mosaic_denoise(bundle.handle, nil, 1, nil, 0, 0, 0, nil, 0, $0) }.text
        == "'states' is null")
    // Nobody has to ask for the text.
    #expect(mosaic_open(nil, nil, nil, nil) == 64)
  }

  @Test func closedHandlesAreRefused() throws {
    var error = mosaic_error()
    var handle: mosaic_model = 0
    let path = Fixtures.path("bundles/v1.0/dense.mosaic")
    #expect(mosaic_open(path, nil, &handle, &error) == 0)
    #expect(mosaic_close(handle, &error) == 0)
    let text = "\(handle) is no open model; it was closed, or never opened"
    #expect(refusal { mosaic_close(handle, $0) } == Failure(code: 64, text: text))
    var request = OpenBundle.request(count: 1)
    var pixel: Float = 0
    #expect(
      refusal { mosaic_sample(handle, &request, &pixel, 1, nil, nil, $0) }
        == Failure(code: 64, text: text))
    #expect(refusal { mosaic_close(0, $0) }.code == 64)
    #expect(refusal { mosaic_close(.max, $0) }.code == 64)
  }

  @Test func sizesAreChecked() throws {
    let bundle = try OpenBundle()
    let size = try bundle.sampleSize
    var images = [Float](repeating: 0, count: size)
    var request = OpenBundle.request(count: 2)
    #expect(
      refusal { mosaic_sample(bundle.handle, &request, &images, size, nil, nil, $0) }
        == Failure(
          code: 64, text: "'images' must have room for \(2 * size) floats, found \(size)"))
    #expect(
      refusal {
        mosaic_denoise(bundle.handle, images, 1, [0], 1, 0, 0, &images, size + 1, $0)
      }.text == "'output' must have room for \(size) floats, found \(size + 1)")
    request.size = 8
    let known = MemoryLayout<mosaic_request>.size
    #expect(
      refusal { mosaic_sample(bundle.handle, &request, &images, size, nil, nil, $0) }.text
        == "'request' has size 8, and this library knows \(known); set its 'size' to sizeof, and "
        + "use the header of this library")
  }

  @Test(arguments: [0, -1, .min, 1 << 62, .max] as [Int64])
  func countsThatMakeNoSenseAreRefused(count: Int64) throws {
    let bundle = try OpenBundle()
    var request = OpenBundle.request(count: 1)
    request.count = count
    var pixel: Float = 0
    #expect(
      refusal { mosaic_sample(bundle.handle, &request, &pixel, 1, nil, nil, $0) }.code == 64)
    #expect(
      refusal { mosaic_denoise(bundle.handle, [0], count, [0], 1, 0, 0, &pixel, 1, $0) }.code
        == 64)
  }

  @Test func numbersOutOfRangeAreRefused() throws {
    let bundle = try OpenBundle()
    let size = try bundle.sampleSize
    var images = [Float](repeating: 0, count: size)
    func sample(_ change: (inout mosaic_request) -> Void) -> Failure {
      var request = OpenBundle.request(count: 1)
      change(&request)
      return refusal {
        mosaic_sample(bundle.handle, &request, &images, size, nil, nil, $0)
      }
    }
    #expect(sample { $0.steps = -1 }.text == "'steps' must be 0 to 100000")
    #expect(sample { $0.guidance = .nan }.text == "'guidance' must be a number")
    #expect(sample { $0.class_count = 2 }.code == 64)
    let classes: [Int64] = [1 << 40]
    classes.withUnsafeBufferPointer { classes in
      let failure = sample {
        $0.classes = classes.baseAddress
        $0.class_count = 1
      }
      #expect(failure.code == 64 && failure.text.hasSuffix("found \(1 << 40)"))
    }
    var (time, level) = (0.0, 0.0)
    #expect(refusal { mosaic_trajectory(bundle.handle, 0, &time, &level, $0) }.code == 64)
    #expect(
      refusal { mosaic_denoise(bundle.handle, images, 1, [0], .nan, 0, 0, &images, size, $0) }
        .text == "'timestep' must be a number")
  }

  @Test func noiseThatIsNotFiniteIsSaid() throws {
    let bundle = try OpenBundle()
    let size = try bundle.sampleSize
    var images = [Float](repeating: 0, count: size)
    let noise = [Float](repeating: .nan, count: size)
    noise.withUnsafeBufferPointer { noise in
      var request = OpenBundle.request(count: 1)
      request.noise = noise.baseAddress
      #expect(
        refusal { mosaic_sample(bundle.handle, &request, &images, size, nil, nil, $0) }.code == 65)
    }
  }

  @Test func filesThatAreNoBundlesAreRefused() throws {
    var handle: mosaic_model = 9
    let missing = refusal { mosaic_open("no such file.mosaic", nil, &handle, $0) }
    #expect(missing.code == 66 && missing.text.contains("no such file.mosaic"))
    #expect(handle == 0)
    let other = Fixtures.path("README.md")
    #expect(refusal { mosaic_open(other, nil, &handle, $0) }.code == 65)
  }

  @Test func precisions() throws {
    let path = Fixtures.path("bundles/v1.0/dense.mosaic")
    var options = mosaic_options()
    options.size = MemoryLayout<mosaic_options>.size
    for (number, code) in [(-1, 64), (0, 0), (2, 0), (3, 64)] as [(Int32, Int32)] {
      options.precision = number
      var handle: mosaic_model = 0
      var error = mosaic_error()
      #expect(mosaic_open(path, &options, &handle, &error) == code)
      if code == 64 { #expect(Failure(error).text == "'precision' must be 0, 1 or 2") }
      if code == 0 { #expect(mosaic_close(handle, nil) == 0) }
    }
  }

  /// How much is needed is said before it is taken.
  @Test func tooLittleMemoryIsSaid() throws {
    var options = mosaic_options()
    options.size = MemoryLayout<mosaic_options>.size
    options.memory_limit = 1000
    var handle: mosaic_model = 0
    var error = mosaic_error()
    let path = Fixtures.path("bundles/v1.0/dense.mosaic")
    var failure = Failure(code: 0, text: "")
    if mosaic_open(path, &options, &handle, &error) != 0 {
      failure = Failure(error)
    } else {
      var request = OpenBundle.request(count: 1)
      var images = [Float](repeating: 0, count: 1 << 16)
      var description = mosaic_description()
      description.size = MemoryLayout<mosaic_description>.size
      #expect(mosaic_describe(handle, &description, nil) == 0)
      let count = Int(description.channels * description.height * description.width)
      failure = refusal {
        mosaic_sample(handle, &request, &images, count, nil, nil, $0)
      }
      #expect(mosaic_close(handle, nil) == 0)
    }
    #expect(failure.code == 69)
    #expect(failure.text.contains("1000") && failure.text.contains("bytes"))
  }

  @Test func aCallbackMayNotCallItsOwnModel() throws {
    let bundle = try OpenBundle()
    struct Seen {
      var handle: mosaic_model
      var status: Int32
      var text: String
    }
    var seen = Seen(handle: bundle.handle, status: 0, text: "")
    _ = try withUnsafeMutablePointer(to: &seen) { seen in
      try bundle.sample(
        count: 1, user: seen,
        callback: { _, user in
          guard let seen = user?.assumingMemoryBound(to: Seen.self) else { return 1 }
          var error = mosaic_error()
          var pixels = [Float](repeating: 0, count: 1 << 16)
          var description = mosaic_description()
          description.size = MemoryLayout<mosaic_description>.size
          // To ask what the model is needs no turn.
          guard mosaic_describe(seen.pointee.handle, &description, nil) == 0 else { return 1 }
          let count = Int(description.channels * description.height * description.width)
          seen.pointee.status = mosaic_denoise(
            seen.pointee.handle, pixels, 1, [0], 1, 0, 0, &pixels, count, &error)
          seen.pointee.text = Failure(error).text
          return 0
        })
    }
    #expect(seen.status == 64)
    #expect(
      seen.text
        == "a callback called with the model that calls it; call after it has returned")
  }
}
