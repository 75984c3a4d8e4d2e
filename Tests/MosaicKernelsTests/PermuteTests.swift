import MosaicKernels
import Testing

@Suite struct PermuteTests {
  @Test(arguments: [
    ([7], [0]), ([5, 9], [1, 0]), ([8, 16], [1, 0]), ([33, 40], [1, 0]), ([3, 4, 5], [0, 2, 1]),
    ([3, 4, 5], [2, 0, 1]), ([3, 4, 5], [1, 2, 0]), ([3, 4, 5], [1, 0, 2]),
    ([3, 4, 5], [0, 1, 2]),
    ([2, 4, 4, 2, 2, 3], [0, 5, 1, 3, 2, 4]), ([1, 3, 1, 2], [3, 2, 1, 0]),
    ([2, 3, 2, 2, 3, 2, 2, 2], [7, 0, 6, 1, 5, 2, 4, 3]), ([1, 1], [1, 0]), ([], []),
    ([4, 0, 2], [2, 1, 0]), ([24, 17, 19], [2, 1, 0]),
  ])
  func movesEachElement(shape: [Int], order: [Int]) {
    let count = shape.reduce(1, *)
    let x = (0..<count).map { Float($0) }
    var y = [Float](repeating: .nan, count: count + 1)
    permute(x, shape: shape, order: order, into: &y)

    for index in 0..<count {
      var rest = index
      var source = 0
      for axis in order.reversed() {
        source += rest % shape[axis] * shape[(axis + 1)...].reduce(1, *)
        rest /= shape[axis]
      }
      #expect(y[index] == x[source])
    }
    #expect(y[count].isNaN)
  }
}
