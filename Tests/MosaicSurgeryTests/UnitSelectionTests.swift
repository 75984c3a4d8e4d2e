import MosaicSurgery
import Testing

@Suite struct UnitSelectionTests {
  @Test func magnitudeSumsConsumerColumnsAndProducerRows() {
    // Two outputs, two units of two columns; one producer of one input, one of two.
    let importance = magnitudeImportance(
      consumer: [1, 2, 3, 4, 0, 1, 0, 2], outputs: 2, unitSize: 2,
      producers: [[1, 0, 2, 0], [0, 1, 0, 1, 3, 0, 0, 0]])
    #expect(importance == [9, 42])
  }

  @Test func theLeastImportantGoAndTheFirstOfEquals() {
    #expect(unitsKept(importance: [3, 1, 2, 1], removing: 0) == [0, 1, 2, 3])
    #expect(unitsKept(importance: [3, 1, 2, 1], removing: 1) == [0, 2, 3])
    #expect(unitsKept(importance: [3, 1, 2, 1], removing: 3) == [0])
  }

  @Test func randomDependsOnSeedStreamAndUnitAlone() {
    let numbers = randomImportance(units: 1000, seed: 7, stream: 2)
    #expect(Array(numbers[..<10]) == randomImportance(units: 10, seed: 7, stream: 2))
    #expect(numbers != randomImportance(units: 1000, seed: 7, stream: 3))
    #expect(numbers != randomImportance(units: 1000, seed: 8, stream: 2))
    #expect(numbers.allSatisfy { (0..<1).contains($0) } && Set(numbers).count == 1000)
    // The mean of 1000 uniform numbers has a standard deviation below 0.0092; five of them.
    #expect(abs(numbers.reduce(0, +) / 1000 - 0.5) < 0.046)
  }

  @Test func withoutRefitColumnsAreThoseOfTheOriginal() {
    let removal = removalWithoutRefit(
      of: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], outputs: 2, unitSize: 2, kept: [0, 2])
    #expect(removal.weight == [1, 2, 5, 6, 7, 8, 11, 12])
    #expect(removal.kept == [0, 2] && removal.biasChange == [0, 0] && removal.loss.isNaN)
  }
}
