public import MosaicCore

/// What the steps of one run take from earlier ones of it.
public struct RunReuse: Sendable {
  /// By step, as `ReusePlan.orders`.
  public let orders: [[Int?]]
  /// By step and unit, what a reused value is made of; empty for Lagrange's weights.
  public let forecasts: [[ValueForecast?]]
  public let memory: ReuseMemory

  public init(orders: [[Int?]], forecasts: [[ValueForecast?]] = [], memory: ReuseMemory) {
    self.orders = orders
    self.forecasts = forecasts
    self.memory = memory
  }
}
