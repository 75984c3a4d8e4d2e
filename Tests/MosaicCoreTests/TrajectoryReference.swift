import Foundation
import MosaicCore
import Testing

/// Fixtures/trajectories.json: what diffusers computed, by Fixtures/trajectories.py.
struct TrajectoryReference: Decodable {
  struct Case: Decodable, CustomTestStringConvertible {
    struct Fields: Decodable {
      var numTrainTimesteps: Int?
      var betaSchedule: String?
      var betaStart: Double?
      var betaEnd: Double?
      var trainedBetas: [Double]?
      var predictionType: String?
      var timestepSpacing: String?
      var stepsOffset: Int?
      var setAlphaToOne: Bool?
      var clipSample: Bool
      var clipSampleRange: Double?
      var rescaleBetasZeroSnr: Bool?
    }

    var `class`: String
    var fields: Fields
    var steps: Int
    var eta: Double
    var timesteps: [Int]
    var alphas: [String: Double]
    var states: [String: [Double]]

    var testDescription: String {
      "\(self.class), \(steps) steps, eta \(eta), \(fields.betaSchedule ?? "linear"), "
        + "\(fields.predictionType ?? "epsilon"), \(fields.timestepSpacing ?? "leading")"
    }

    func config() throws -> SchedulerConfig {
      var config = SchedulerConfig(className: self.class)
      config.trainSteps = fields.numTrainTimesteps ?? config.trainSteps
      config.betaStart = fields.betaStart ?? config.betaStart
      config.betaEnd = fields.betaEnd ?? config.betaEnd
      config.trainedBetas = fields.trainedBetas ?? []
      config.stepsOffset = fields.stepsOffset ?? 0
      config.setAlphaToOne = fields.setAlphaToOne ?? true
      config.rescaleBetasZeroSNR = fields.rescaleBetasZeroSnr ?? false
      config.clipSampleRange = fields.clipSample ? fields.clipSampleRange ?? 1 : nil
      config.betaSchedule = try #require(.init(rawValue: fields.betaSchedule ?? "linear"))
      config.prediction = try #require(.init(rawValue: fields.predictionType ?? "epsilon"))
      config.spacing = try #require(.init(rawValue: fields.timestepSpacing ?? "leading"))
      return config
    }
  }

  var initial: [Double]
  var cases: [Case]

  static let shared: TrajectoryReference = {
    let fixture = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Fixtures/trajectories.json")
    do {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(
        TrajectoryReference.self, from: Data(contentsOf: fixture.standardized))
    } catch {
      preconditionFailure("\(fixture.path): \(error)")
    }
  }()
}
