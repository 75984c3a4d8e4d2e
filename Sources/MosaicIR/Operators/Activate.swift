internal import MosaicKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `y = f(x)`, element by element.
public struct Activate: Operator {
  public enum Function: String, Sendable, CaseIterable {
    case silu
    /// 0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³)))
    case geluTanh = "gelu-tanh"
    /// 0.5 x (1 + erf(x / √2))
    case geluErf = "gelu-erf"
  }

  public static let name = "activate"
  public var function: Function

  public init(_ function: Function) { self.function = function }

  public var attributes: [(name: String, value: String)] { [("function", function.rawValue)] }

  public func inferOutputs(from inputs: [TensorType]) throws(ShapeError) -> [TensorType] {
    guard inputs.count == 1, inputs[0].element == .f32 else {
      throw ShapeError(name, expected: "one float operand", found: inputs)
    }
    return inputs
  }

  public func axisRules(for inputs: [TensorType], outputs: [TensorType]) -> [AxisRule] {
    AxisRule.passingAll(rank: inputs[0].rank)
  }

  public func evaluate(_ inputs: [Tensor]) -> [Tensor] {
    let y = floats(inputs[0].count) { y in
      MosaicKernels.activate(kernel, inputs[0].floats, into: y, count: inputs[0].count)
    }
    return [Tensor(y, shape: inputs[0].shape)]
  }

  public func reference(_ inputs: [Tensor], output: Int, position: Int) -> Double {
    let x = Double(inputs[0].floats[position])
    return switch function {
    case .silu: x / (1 + exp(-x))
    case .geluTanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .geluErf: 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
    }
  }

  private var kernel: MosaicKernels.Activation {
    switch function {
    case .silu: .silu
    case .geluTanh: .geluTanh
    case .geluErf: .geluErf
    }
  }
}
