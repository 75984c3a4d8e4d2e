import MosaicCore
import MosaicTestSupport
import Testing

@Suite struct TensorConversionTests {
  /// Counts around vector widths, and an odd address.
  @Test(arguments: [0, 1, 3, 4, 7, 8, 9, 31, 33, 1000])
  func convertsFloatsAtAnyAlignment(count: Int) throws {
    var random = SplitMix64(seed: 1)
    let values = random.floats(count)
    for type in [DataType.f32, .f16, .bf16] {
      let stored = TensorView(values, shape: [count], storedAs: type)
      let expected: [Float] =
        switch type {
        case .f16: values.map { floatFromFloat16(bits: float16Bits($0)) }
        case .bf16: values.map { floatFromBFloat16(bits: bfloat16Bits($0)) }
        default: values
        }
      #expect(try stored.floats() == expected)
      #expect(try misaligned(stored).floats() == expected)
    }
    let doubles = values.map { Double($0) + 1e-9 }
    let wide = view(.f64, doubles.withUnsafeBytes { Array($0) })
    #expect(try wide.floats() == doubles.map { Float($0) })
    #expect(try misaligned(wide).floats() == doubles.map { Float($0) })
  }

  @Test func convertsFloat8ThroughItsTable() throws {
    let all = Array(UInt8.min...UInt8.max)
    let e4m3 = try view(.f8e4m3, all).floats()
    let e5m2 = try view(.f8e5m2, all).floats()
    for bits in all {
      #expect(e4m3[Int(bits)].bitPattern == floatFromFloat8E4M3(bits: bits).bitPattern)
      #expect(e5m2[Int(bits)].bitPattern == floatFromFloat8E5M2(bits: bits).bitPattern)
    }
  }

  @Test func convertsIntegersOfEveryWidth() {
    func check<T: FixedWidthInteger & BitwiseCopyable>(_ type: DataType, _ values: [T]) {
      let tensor = view(type, values.withUnsafeBytes { Array($0) })
      let expected = values.map { Int64(clamping: $0) }
      #expect(tensor.integers() == expected)
      #expect(misaligned(tensor).integers() == expected)
      #expect(converted(tensor) == values.map { Float($0) })
    }
    check(.u8, [0, 1, 255] as [UInt8])
    check(.i8, [0, -1, .min, .max] as [Int8])
    check(.u16, [0, .max] as [UInt16])
    check(.i16, [0, -1, .min, .max] as [Int16])
    check(.u32, [0, .max] as [UInt32])
    check(.i32, [0, -1, .min, .max] as [Int32])
    check(.u64, [0, 1, .max] as [UInt64])
    check(.i64, [0, -1, .min, .max] as [Int64])
  }

  @Test func normalisesBooleans() {
    let tensor = view(.bool, [0, 1, 2, 255])
    #expect(tensor.integers() == [0, 1, 1, 1])
    #expect(converted(tensor) == [0, 1, 1, 1])
  }

  @Test func refusesIntegersWhereFloatsAreMeant() {
    let error = #expect(throws: TensorConversionError.self) { try view(.i8, [1]).floats() }
    #expect(
      error?.description
        == "elements of type I8 where floating-point numbers are expected;"
        + " check that the tensor is the one meant")
    #expect(error?.exitStatus == .badData)
  }

  @Test(arguments: [DataType.f32, .f16, .bf16, .f64, .f8e5m2, .f8e4m3])
  func findsWhatIsNotFinite(type: DataType) {
    let count = 10_000
    // All-ones exponents in the highest byte, which is the last.
    var nonFinite = [UInt8](repeating: 0, count: type.byteWidth)
    nonFinite[nonFinite.count - 1] = 0xFF
    if type.byteWidth > 1 { nonFinite[nonFinite.count - 2] = 0xF0 }
    for places in [[], [0], [count - 1], [4095, 4096], [5000, 9999]] {
      var bytes = [UInt8](repeating: 0x3A, count: count * type.byteWidth)
      for place in places {
        bytes.replaceSubrange(
          (place * type.byteWidth)..<((place + 1) * type.byteWidth), with: nonFinite)
      }
      let tensor = misaligned(view(type, bytes))
      #expect(tensor.firstNonFinite == places.first)
      #expect(tensor.nonFiniteCount == places.count)
    }
  }

  @Test func overflowOnDownCastIsFound() {
    let tensor = TensorView([1, 65_504, 65_520, -1e6], shape: [4], storedAs: .f16)
    #expect(tensor.firstNonFinite == 2)
    #expect(tensor.nonFiniteCount == 2)
    #expect(TensorView([1, 65_520], shape: [2], storedAs: .bf16).firstNonFinite == nil)
    #expect(TensorView([1, -2] as [Int64], shape: [2]).nonFiniteCount == 0)
  }

  /// The same bytes at an odd address.
  private func misaligned(_ tensor: TensorView) -> TensorView {
    let memory = OwnedBytes(count: tensor.bytes.count + 1)
    let bytes = UnsafeMutableRawBufferPointer(rebasing: memory.memory[1...])
    bytes.copyBytes(from: tensor.bytes)
    return TensorView(
      dataType: tensor.dataType, shape: tensor.shape, bytes: UnsafeRawBufferPointer(bytes),
      owner: memory)
  }

  private func converted(_ tensor: TensorView) -> [Float] {
    var floats = [Float](repeating: .nan, count: tensor.elementCount)
    floats.withUnsafeMutableBufferPointer { tensor.convert(into: $0) }
    return floats
  }
}
