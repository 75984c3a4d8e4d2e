/// A network as the runtime runs it: a flat list of fused instructions over values whose memory is
/// planned.
///
/// Every computed value is *batched*: its `shape` is that of one sample, and a run with batch n
/// holds n of them, one after the other. Arena offsets, too, count elements per sample: a run
/// allocates `arenaSize * n` elements and multiplies each offset by n, so one plan serves every
/// batch.
public struct Program: Sendable, Equatable {
  public struct Value: Sendable, Equatable {
    public enum Storage: Sendable, Equatable {
      /// Memory the caller gives, `n` samples: index into `Program.inputs`.
      case input(Int)
      /// Memory the caller takes the result from, `n` samples.
      case output
      /// Index into `Program.weights`. Not batched.
      case weight(Int)
      /// Offset of the sample's elements in the arena, in elements (4 bytes each).
      case arena(offset: Int)
      /// Elements of each sample of another batched value, from `offset` on, contiguous. The
      /// distance between samples is the other value's.
      case view(of: Int, offset: Int)
    }

    /// For people.
    public var name: String
    /// Of one sample where batched, else whole.
    public var shape: [Int]
    public var storage: Storage

    public init(name: String, shape: [Int], storage: Storage) {
      self.name = name
      self.shape = shape
      self.storage = storage
    }
  }

  /// An input by its name, with the shape of one sample. Integer inputs hold `Int32`.
  public struct Port: Sendable, Equatable {
    public enum Element: String, Sendable { case f32, i32 }
    public var name: String
    public var shape: [Int]
    public var element: Element
    public init(name: String, shape: [Int], element: Element) {
      self.name = name
      self.shape = shape
      self.element = element
    }
  }

  /// A weight the program reads, f32 in memory.
  public struct Weight: Sendable, Equatable {
    public var name: String
    public var shape: [Int]
    public init(name: String, shape: [Int]) {
      self.name = name
      self.shape = shape
    }
  }

  public struct Instruction: Sendable, Equatable {
    public var operation: Operation
    /// Indices into `values`, in the order each operation documents.
    public var inputs: [Int]
    public var output: Int
    public init(_ operation: Operation, _ inputs: [Int], into output: Int) {
      self.operation = operation
      self.inputs = inputs
      self.output = output
    }
  }

  /// An instruction whose result a step may take from earlier steps.
  public struct ReusableUnit: Sendable, Equatable {
    /// The same in every variant of a network.
    public var name: String
    public var instruction: Int
    /// The instruction whose result the unit's first products are of; nil where none is.
    public var input: Int?
    public init(name: String, instruction: Int, input: Int? = nil) {
      self.name = name
      self.instruction = instruction
      self.input = input
    }
  }

  public var inputs: [Port]
  /// Shape of one sample of the output.
  public var outputShape: [Int]
  public var weights: [Weight]
  public var values: [Value]
  public var instructions: [Instruction]
  /// Elements of the arena per sample.
  public var arenaSize: Int
  /// In the order they are computed; a unit that this variant has lost is not among them.
  public var reusableUnits: [ReusableUnit]

  public init(
    inputs: [Port], outputShape: [Int], weights: [Weight], values: [Value],
    instructions: [Instruction], arenaSize: Int, reusableUnits: [ReusableUnit] = []
  ) {
    self.inputs = inputs
    self.outputShape = outputShape
    self.weights = weights
    self.values = values
    self.instructions = instructions
    self.arenaSize = arenaSize
    self.reusableUnits = reusableUnits
  }
}

extension Program {
  public enum Activation: String, Sendable, CaseIterable {
    case none
    case silu
    /// 0.5 x (1 + tanh(sqrt(2/π) (x + 0.044715 x³)))
    case geluTanh = "gelu_tanh"
    /// 0.5 x (1 + erf(x / √2))
    case geluErf = "gelu_erf"
  }

  /// What an instruction computes. Sizes are those of one sample; n is the batch.
  public enum Operation: Sendable, Equatable {
    /// `y = activation(x · wᵀ + b)`: x [rows, inner], w [outer, inner], optional b [outer];
    /// y [rows, outer].
    case linear(rows: Int, inner: Int, outer: Int, activation: Activation)

    /// 2-D convolution without groups: x [channels, height, width],
    /// w [outer, channels, kernel, kernel], optional b [outer];
    /// y [outer, (height + 2 padding - kernel) / stride + 1, the same of width].
    case convolution(
      channels: Int, height: Int, width: Int, outer: Int, kernel: Int, stride: Int, padding: Int)

    /// `softmax(q · kᵀ · scale) · v` by heads: q [queries, heads · size],
    /// k and v [keys, heads · size]; y [queries, heads · size].
    case attention(heads: Int, size: Int, queries: Int, keys: Int, scale: Float)

    /// `(x - mean) / sqrt(variance + epsilon)` over each row of x [rows, width], then, where given,
    /// `* weight + bias` (both [width], unbatched) if `isAffine`, then
    /// `* (1 + scale) + shift` (both [width], batched) if `isModulated`.
    /// Operands: x, [weight, bias], [scale, shift]; y [rows, width].
    case layerNorm(rows: Int, width: Int, epsilon: Float, isAffine: Bool, isModulated: Bool)

    /// `y = x + gate * branch`: x and branch [rows, width], gate [width], batched; y [rows, width].
    /// Operands: x, branch, gate.
    case gatedAdd(rows: Int, width: Int)

    /// `y = x + gate * row`, or `x + row` without a gate, for each row of x [rows, width]: row
    /// [width] is a weight, the optional gate [width] is batched; y [rows, width].
    /// Operands: x, row, [gate].
    case addRow(rows: Int, width: Int)

    /// `y = a + b`, b batched of the same shape or an unbatched weight; count elements.
    case add(count: Int)

    /// `y = activation(x)`, count elements.
    case activation(Activation, count: Int)

    /// Sinusoids of the f32 scalar t [1]: for i < width/2,
    /// `angle = t · exp(-ln(maxPeriod) · i / (width/2 - frequencyShift))`;
    /// y [width] = cosines then sines if `isCosineFirst`, else sines then cosines.
    case timestepEmbedding(
      width: Int, maxPeriod: Float, frequencyShift: Float, isCosineFirst: Bool)

    /// Row `index` of an unbatched table [rows, width]: operands index (i32 [1]), table; y [width].
    /// An index outside the table is an error of the run.
    case gather(rows: Int, width: Int)

    /// `y = transpose(x)`: axis i of y is axis `order[i]` of x, whose shape is `shape`.
    case permute(shape: [Int], order: [Int])

    case general(GeneralOperation)
  }
}
