import MosaicCore
import MosaicIR
import Testing

/// Tensors of all element types, and symbolic extents.
@Suite struct TensorTests {
  @Test func rounds() {
    // 1 + 2⁻¹¹ is halfway between two halves, and goes to the even one.
    let halves = Tensor([1 + 0x1p-11, 65_520, 1e-9] as [Float], shape: [3], as: .f16)
    #expect(halves.doubles == [1, .infinity, 0])
    #expect(Tensor([1 + 0x1p-8] as [Float], shape: [1], as: .bf16).doubles == [1])
    #expect(Tensor(doubles: [0.1], shape: [1], as: .f32).doubles == [Double(Float(0.1))])
    #expect(Tensor(doubles: [0.1], shape: [1]).doubles == [0.1])
  }

  @Test(
    arguments: [
      (DataType.u8, 44), (.i8, 44), (.u16, 300), (.i16, 300), (.i32, 300), (.u32, 300), (.bool, 1),
    ] as [(DataType, Int64)])
  func wraps(element: DataType, expected: Int64) {
    #expect(Tensor(integers: [300, 0], shape: [2], as: element).integers == [expected, 0])
  }

  @Test func convertsFloatsToIntegers() {
    let floats = Tensor([2.9, -2.9, .nan, 1e30, -.infinity] as [Float], shape: [5])
    #expect(floats.integers == [2, -2, 0, .max, .min])
    let large = Tensor(integers: [-1], shape: [1], as: .u64)
    #expect(large.doubles == [0x1p64] && large.floats == [0x1p64])
    #expect(large.number(at: 0) == 0x1p64)
  }

  /// What a file holds comes back from it.
  @Test(arguments: DataType.allCases.filter { $0 != .f8e4m3 && $0 != .f8e5m2 })
  func storesAllTypes(element: DataType) {
    let tensor = Tensor(doubles: [0, 1, 1, 0], shape: [2, 2], as: element)
    #expect(tensor.view.dataType == element && tensor.view.bytes.count == 4 * element.byteWidth)
    #expect(Tensor(tensor.view) == tensor)
  }

  /// Unsigned numbers of 64 bits, and quotients of whole ones.
  @Test func integerArithmetic() {
    func result(
      _ function: ElementwiseBinary.Function, _ a: Int64, _ b: Int64, _ element: DataType
    ) -> Int64 {
      let operands = [a, b].map { Tensor(integers: [$0], shape: [], as: element) }
      return ElementwiseBinary(function).evaluate(operands)[0].integers[0]
    }
    #expect(result(.divide, -7, 2, .i64) == -3)
    #expect(result(.modulo, -7, 2, .i64) == 1 && result(.remainder, -7, 2, .i64) == -1)
    #expect(result(.divide, .min, -1, .i64) == .min && result(.remainder, .min, -1, .i64) == 0)
    #expect(result(.divide, -1, 2, .u64) == .max && result(.greater, -1, 1, .u64) == 1)
    #expect(result(.add, 200, 100, .u8) == 44 && result(.subtract, 0, 1, .u8) == 255)
    #expect(result(.power, 3, 4, .i32) == 81 && result(.power, 2, -1, .i32) == 0)
    #expect(result(.power, -1, -3, .i64) == -1)
  }

  @Test func dimensions() {
    #expect(Dimension(6, power: 1).divided(by: 2) == Dimension(3, power: 1))
    #expect(Dimension(6, power: 1).divided(by: .batch) == 6)
    #expect(Dimension(6).divided(by: 4) == nil && Dimension(6).divided(by: .batch) == nil)
    #expect(Dimension(6).divided(by: 0) == nil)
    #expect(Dimension.batch.multiplied(by: 3) == Dimension(3, power: 1))
    #expect(Dimension(.max).multiplied(by: 2) == nil)
    #expect(Dimension.batch.added(to: .batch) == Dimension(2, power: 1))
    #expect(Dimension.batch.added(to: 0) == .batch && Dimension.batch.added(to: 1) == nil)
    #expect(Dimension(1 << 40, power: 2).extent(batch: 1 << 20) == .max)
    #expect(TensorType([Dimension(1 << 40), Dimension(1 << 40)]).count == nil)
    #expect(TensorType([0, Dimension(1 << 50)]).count == nil)
    #expect(TensorType([.batch, .batch, 3]).count == Dimension(3, power: 2))
  }

  /// A reshape finds the batch that its operand had.
  @Test func reshapeBindsTheBatch() {
    let square = Reshape(to: [.batch, Dimension(3, power: 1)])
    #expect(
      square.evaluate([Tensor([Float](repeating: 0, count: 75), shape: [75])])[0].shape == [5, 15])
  }

  @Test func expandsToTheBatchOfAnotherValue() throws {
    let expand = Expand(to: [.batch, 2])
    let types = [TensorType([1, 2]), TensorType([.batch, 9])]
    #expect(try expand.inferOutputs(from: types) == [TensorType([.batch, 2])])
    let row = Tensor([1, 2] as [Float], shape: [1, 2])
    let like = Tensor([Float](repeating: 0, count: 27), shape: [3, 9])
    #expect(
      expand.evaluate([row, like])[0] == Tensor([1, 2, 1, 2, 1, 2] as [Float], shape: [3, 2]))
  }
}
