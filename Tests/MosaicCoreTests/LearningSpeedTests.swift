import MosaicCore
import Testing

@Suite struct LearningSpeedTests {
  /// Peaks and thresholds of the three schedules for unit second moment and 1,000 steps.
  @Test(arguments: [
    (SchedulerConfig(), 313, 3.837e-3, 109...581),
    (
      SchedulerConfig(betaStart: 0.00085, betaEnd: 0.012, betaSchedule: .scaledLinear), 490,
      2.541e-3, 120...865
    ),
    (SchedulerConfig(betaSchedule: .squaredCosine), 999, 3.117e-3, 367...1000),
  ])
  func peaksWhereThePaperHasThem(
    config: SchedulerConfig, peak: Int, growth: Double, fast: ClosedRange<Int>
  ) throws {
    let alphas = try NoiseSchedule(config).alphasCumulative
    let values = LearningSpeed.growth(alphas: alphas, secondMoment: 1)
    let scores = LearningSpeed.scores(alphas: alphas, secondMoment: 1)
    let highest = try #require(scores.indices.max { scores[$0] < scores[$1] })
    #expect(highest + 1 == peak)
    #expect(scores[highest] == 1)
    // Four digits are known; the alphas are differences of float32 numbers below 1.
    #expect(abs(values[highest] - growth) <= 5e-7 + 0x1p-23)
    let range = try #require(LearningSpeed.fastRange(of: scores))
    #expect(range.lowerBound + 1 == fast.lowerBound)
    #expect(range.upperBound == fast.upperBound)
  }

  /// Theorem 1: the growths add up to the mean squared error they are the differences of.
  @Test(arguments: [0.5, 1.0, 2.0])
  func growthsAddUp(secondMoment: Double) throws {
    let alphas = try NoiseSchedule(SchedulerConfig()).alphasCumulative
    var sum = 0.0
    for (alpha, growth) in zip(
      alphas, LearningSpeed.growth(alphas: alphas, secondMoment: secondMoment))
    {
      sum += growth
      let loss = 1 - alpha.squareRoot()
      #expect(abs(sum - (loss * loss * secondMoment + 1 - alpha)) <= 1e-12)
    }
  }

  @Test func fastRangeStopsAtTheFirstGap() {
    #expect(LearningSpeed.fastRange(of: [0.9, 0.1, 0.6, 1, 0.6, 0.2, 0.9]) == 2..<5)
    #expect(LearningSpeed.fastRange(of: []) == nil)
    #expect(LearningSpeed.scores(alphas: [], secondMoment: 1).isEmpty)
  }
}
