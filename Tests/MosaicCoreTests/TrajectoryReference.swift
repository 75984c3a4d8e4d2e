import Foundation
import MosaicCore
import Testing

/// Fixtures/trajectories.json: what diffusers computed, by Fixtures/trajectories.py.
struct TrajectoryReference: Decodable {
  struct Case: Decodable, CustomTestStringConvertible {
    struct Fields: Decodable {
      var num_train_timesteps: Int?
      var beta_schedule: String?
      var beta_start: Double?
      var beta_end: Double?
      var trained_betas: [Double]?
      var prediction_type: String?
      var timestep_spacing: String?
      var steps_offset: Int?
      var set_alpha_to_one: Bool?
      var clip_sample: Bool
      var clip_sample_range: Double?
      var rescale_betas_zero_snr: Bool?
    }

    var `class`: String
    var fields: Fields
    var steps: Int
    var eta: Double
    var timesteps: [Int]
    var alphas: [String: Double]
    var states: [String: [Double]]

    var testDescription: String {
      "\(self.class), \(steps) steps, eta \(eta), \(fields.beta_schedule ?? "linear"), "
        + "\(fields.prediction_type ?? "epsilon"), \(fields.timestep_spacing ?? "leading")"
    }

    func config() throws -> SchedulerConfig {
      var config = SchedulerConfig(className: self.class)
      config.trainSteps = fields.num_train_timesteps ?? config.trainSteps
      config.betaStart = fields.beta_start ?? config.betaStart
      config.betaEnd = fields.beta_end ?? config.betaEnd
      config.trainedBetas = fields.trained_betas ?? []
      config.stepsOffset = fields.steps_offset ?? 0
      config.setAlphaToOne = fields.set_alpha_to_one ?? true
      config.rescaleBetasZeroSNR = fields.rescale_betas_zero_snr ?? false
      config.clipSampleRange = fields.clip_sample ? fields.clip_sample_range ?? 1 : nil
      config.betaSchedule = try #require(.init(rawValue: fields.beta_schedule ?? "linear"))
      config.prediction = try #require(.init(rawValue: fields.prediction_type ?? "epsilon"))
      config.spacing = try #require(.init(rawValue: fields.timestep_spacing ?? "leading"))
      return config
    }
  }

  var initial: [Double]
  var cases: [Case]

  static let shared: TrajectoryReference = {
    let fixture = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Fixtures/trajectories.json")
    do {
      return try JSONDecoder().decode(
        TrajectoryReference.self, from: Data(contentsOf: fixture.standardized))
    } catch {
      preconditionFailure("\(fixture.path): \(error)")
    }
  }()
}
