internal import MosaicBundle
internal import MosaicCore
internal import MosaicKernels

/// A program's pass over a chunk of neighbouring samples, or over the rows of a shared part.
struct ChunkRun {
  /// Which of the instructions run.
  enum Work {
    case rows(SharedValues)
    /// All that the job has no shared values of; with `Program.joinedProductEnds`.
    case samples([Int])
  }

  let program: Program
  let weights: [ProgramWeight]
  let precision: Precision
  let work: Work
  let arena: UnsafeMutablePointer<Float>
  let job: Job
  /// The chunk's first sample in the batch.
  let start: Int
  let count: Int
  /// Who shares an instruction's work.
  let team: Team

  /// A batched value's memory: sample i lies at `base + i * stride`, or where rows are shared at
  /// `base + rows[i] * stride`.
  struct Operand {
    var base: UnsafeMutablePointer<Float>
    var stride: Int
    var elements: Int
    var rows: [Int32]?
    /// Of the first sample in `rows`.
    var first = 0
    var isContiguous: Bool { stride == elements && rows == nil }
    func sample(_ index: Int) -> UnsafeMutablePointer<Float> {
      base + (rows.map { Int($0[first + index]) } ?? index) * stride
    }
  }

  private struct Modulation {
    var scale: Operand
    var shift: Operand

    func at(
      _ sample: Int
    ) -> (scale: UnsafePointer<Float>, shift: UnsafePointer<Float>) {
      (UnsafePointer(scale.sample(sample)), UnsafePointer(shift.sample(sample)))
    }
  }

  func execute() {
    // Before it, all have run.
    var next = 0
    // What branches' inputs say of the results of instructions, by sample of the chunk.
    var projections: [Int: [[Float]]] = [:]
    for (index, instruction) in program.instructions.enumerated() where runs(index) {
      let shape = program.values[instruction.output].shape
      if let exchange = job.exchange, !exchange.isLive[index] {
        guard let fills = exchange.fills[index] else { continue }
        fill(
          operand(instruction.output), from: fills, exchange, shape: shape, projections[index])
      } else if index >= next {
        next = if case .samples(let ends) = work { ends[index] } else { index + 1 }
        run((index..<next).filter { runs($0) && job.exchange?.isLive[$0] != false })
      }
      if let exchange = job.exchange {
        let result = operand(instruction.output)
        if let keeps = exchange.keeps[index] { keep(result, in: keeps, exchange) }
        for use in exchange.inputUses[index] ?? [] {
          switch use {
          case .keep(let groups): keep(result, in: groups, exchange)
          case .correct(let unit):
            projections[unit] = project(
              result, by: exchange.fills[unit] ?? [], exchange, shape: shape)
          }
        }
      }
      for capture in job.captures where capture.instruction == index {
        copy(operand(instruction.inputs[0]), to: capture.destination)
      }
    }
  }

  private var isOfSamples: Bool {
    if case .samples = work { true } else { false }
  }

  private func runs(_ instruction: Int) -> Bool {
    switch work {
    case .rows(let values): values.part.contains[instruction]
    case .samples: !job.shared.contains { $0.part.contains[instruction] }
    }
  }

  // MARK: Operands

  func operand(_ value: Int) -> Operand {
    let elements = program.values[value].shape.reduce(1, *)
    switch program.values[value].storage {
    case .arena(let offset):
      for values in job.shared {
        guard let place = values.part.offsets[value] else { continue }
        return Operand(
          base: values.memory.pointer + place * values.rows, stride: elements, elements: elements,
          rows: isOfSamples ? values.rowOfSample : nil, first: start)
      }
      return Operand(base: arena + offset * count, stride: elements, elements: elements)
    case .output:
      return Operand(
        base: job.output + start * elements, stride: elements, elements: elements)
    case .input(let index):
      // Inputs are only read.
      let floats = UnsafeMutablePointer(
        mutating: job.inputs[index].assumingMemoryBound(to: Float.self))
      return Operand(base: floats + start * elements, stride: elements, elements: elements)
    case .view(let parent, let offset):
      let whole = operand(parent)
      return Operand(
        base: whole.base + offset, stride: whole.stride, elements: elements, rows: whole.rows,
        first: whole.first)
    case .weight(let index):
      guard case .plain(let rows) = weights[index], let base = rows.base else {
        preconditionFailure("the executor sees to it that only products read packed rows")
      }
      // A stride of 0: every sample reads the same.
      return Operand(
        base: UnsafeMutablePointer(mutating: base), stride: 0, elements: elements)
    }
  }

  func weight(_ value: Int) -> UnsafePointer<Float> { UnsafePointer(operand(value).base) }

  private func matrix(_ value: Int) -> PackedMatrix {
    guard case .weight(let index) = program.values[value].storage,
      case .packed(let matrix) = weights[index]
    else { preconditionFailure("matrices are weights; the verifier sees to it") }
    return matrix
  }

  private func integers(_ value: Int) -> UnsafePointer<Int32> {
    guard case .input(let index) = program.values[value].storage else {
      preconditionFailure("integers come from inputs; the verifier sees to it")
    }
    return job.inputs[index].assumingMemoryBound(to: Int32.self) + start
  }

  private func copy(_ source: Operand, to destination: UnsafeMutablePointer<Float>) {
    if case .rows(let values) = work {
      for (sample, row) in values.rowOfSample.enumerated() {
        (destination + sample * source.elements)
          .update(from: source.sample(Int(row)), count: source.elements)
      }
      return
    }
    for sample in 0..<count {
      (destination + (start + sample) * source.elements)
        .update(from: source.sample(sample), count: source.elements)
    }
  }

  // MARK: Reuse

  private func fill(
    _ target: Operand, from groups: [ValueExchange.Fill], _ exchange: ValueExchange,
    shape: [Int], _ projections: [[Float]]?
  ) {
    let axis = ChannelAxis(of: shape)
    withScratch(projections == nil ? 0 : target.elements) { change in
      for sample in 0..<count {
        let (group, forward) = exchange.place(ofForward: start + sample)
        let offset = forward * target.elements
        var terms = groups[group].sources.map { ($0.values + offset, $0.weight) }
        if let correction = groups[group].correction, let projections {
          correction.up.apply(projections[sample], into: change)
          terms.append((UnsafePointer(change), 1))
        }
        forecast(
          terms, constants: groups[group].offset, into: target.sample(sample), axis: axis)
      }
    }
  }

  /// By sample, the projections of how a branch's input differs from what earlier ones make expect.
  private func project(
    _ input: Operand, by groups: [ValueExchange.Fill], _ exchange: ValueExchange, shape: [Int]
  ) -> [[Float]] {
    let axis = ChannelAxis(of: shape)
    return (0..<count).map { sample in
      let (group, forward) = exchange.place(ofForward: start + sample)
      guard let correction = groups[group].correction else { return [] }
      let offset = forward * input.elements
      let size = axis.outer * correction.down.count * axis.inner
      return [Float](unsafeUninitializedCapacity: size) { result, count in
        count = size
        guard let result = result.baseAddress else { return }
        withScratch(input.elements) { change in
          forecast(
            [(UnsafePointer(input.sample(sample)), 1)]
              + correction.sources.map { ($0.values + offset, $0.weight) },
            constants: [], into: change, axis: axis)
          correction.down.apply(change, into: result)
        }
      }
    }
  }

  private func keep(
    _ source: Operand, in groups: [UnsafeMutablePointer<Float>], _ exchange: ValueExchange
  ) {
    for sample in 0..<count {
      let (group, forward) = exchange.place(ofForward: start + sample)
      (groups[group] + forward * source.elements)
        .update(from: source.sample(sample), count: source.elements)
    }
  }

  // MARK: Instructions

  /// Runs an instruction, or joined products.
  private func run(_ joined: [Int]) {
    let clock = job.timing == nil ? nil : ContinuousClock.now
    let instructions = joined.map { program.instructions[$0] }
    run(instructions)
    guard let clock else { return }
    let taken = ContinuousClock.now - clock
    let work = instructions.map { program.values[$0.output].shape.reduce(1, *) }
    for (index, own) in zip(joined, work) {
      let share = Double(own) / Double(max(1, work.reduce(0, +)))
      job.timing?.add(taken * share, to: index, team: team.threads)
    }
  }

  private func run(_ joined: [Program.Instruction]) {
    let instruction = joined[0]
    let inputs = instruction.inputs
    let y = operand(instruction.output)
    switch instruction.operation {
    case .linear: multiply(joined)
    case .convolution(
      let channels, let height, let width, let outer, let kernel, let stride, let padding):
      convolution(
        inputs, y,
        ConvolutionShape(
          channels: channels, height: height, width: width, outer: outer, kernel: kernel,
          stride: stride, padding: padding))
    case .attention(let heads, let size, let queries, let keys, let scale):
      let shape = AttentionShape(
        heads: heads, size: size, queries: queries, keys: keys, scale: scale,
        isInBF16: precision == .bf16)
      attend(inputs.map(operand), shape, into: y) { _ in nil }
    case .layerNorm(let rows, let width, let epsilon, let isAffine, let isModulated):
      let x = operand(inputs[0])
      let affine = isAffine ? (weight: weight(inputs[1]), bias: weight(inputs[2])) : nil
      let first = isAffine ? 3 : 1
      let modulation =
        isModulated
        ? Modulation(scale: operand(inputs[first]), shift: operand(inputs[first + 1])) : nil
      eachRow(rows, width) { sample, offset, rows in
        MosaicKernels.layerNorm(
          x.sample(sample) + offset, into: y.sample(sample) + offset, rows: rows, width: width,
          epsilon: epsilon, affine: affine, modulation: modulation?.at(sample))
      }
    case .gatedAdd(let rows, let width):
      let (x, branch, gate) = (operand(inputs[0]), operand(inputs[1]), operand(inputs[2]))
      eachRow(rows, width) { sample, offset, rows in
        MosaicKernels.gatedAdd(
          x.sample(sample) + offset, branch: branch.sample(sample) + offset,
          gate: gate.sample(sample), into: y.sample(sample) + offset, rows: rows, width: width)
      }
    case .addRow(let rows, let width):
      let (x, row) = (operand(inputs[0]), weight(inputs[1]))
      let gate = inputs.count > 2 ? operand(inputs[2]) : nil
      for sample in 0..<count {
        MosaicKernels.addRow(
          row, to: x.sample(sample), gate: gate.map { UnsafePointer($0.sample(sample)) },
          into: y.sample(sample), rows: rows, width: width)
      }
    case .add(let elements):
      let (a, b) = (operand(inputs[0]), operand(inputs[1]))
      for sample in 0..<count {
        MosaicKernels.add(
          a.sample(sample), b.sample(sample), into: y.sample(sample), count: elements)
      }
    case .activation(let activation, let elements):
      let x = operand(inputs[0])
      let calls = x.isContiguous && y.isContiguous ? 1 : count
      for call in 0..<calls {
        MosaicKernels.activate(
          Activation(activation), x.sample(call), into: y.sample(call),
          count: elements * count / calls)
      }
    case .timestepEmbedding(let width, let maxPeriod, let shift, let isCosineFirst):
      let t = operand(inputs[0])
      for sample in 0..<count {
        MosaicKernels.timestepEmbedding(
          t.sample(sample).pointee, into: y.sample(sample), width: width, maxPeriod: maxPeriod,
          frequencyShift: shift, cosineFirst: isCosineFirst)
      }
    case .gather(_, let width):
      let (indices, table) = (integers(inputs[0]), weight(inputs[1]))
      for sample in 0..<count {
        y.sample(sample).update(from: table + Int(indices[sample]) * width, count: width)
      }
    case .permute(let shape, let order):
      let x = operand(inputs[0])
      for sample in 0..<count {
        MosaicKernels.permute(x.sample(sample), shape: shape, order: order, into: y.sample(sample))
      }
    case .general(let operation): run(operation, inputs, y)
    }
  }

  /// Attention of q, k and v, heads divided among the threads.
  ///
  /// - Parameter mask: What is added to a sample's scores.
  func attend(
    _ operands: [Operand], _ shape: AttentionShape, into y: Operand,
    mask: (Int) -> AttentionMask?
  ) {
    let (q, k, v) = (operands[0], operands[1], operands[2])
    let width = shape.heads * shape.size
    team.split(count * shape.heads) { range in
      withScratch(shape.scratchCount) { scratch in
        for unit in range {
          let (sample, head) = unit.quotientAndRemainder(dividingBy: shape.heads)
          MosaicKernels.attention(
            q: q.sample(sample), qStride: width, k: k.sample(sample), kStride: width,
            v: v.sample(sample), vStride: width, into: y.sample(sample), yStride: width,
            shape: shape, mask: mask(sample), heads: head..<head + 1, scratch: scratch)
        }
      }
    }
  }

  /// Calls `body` with the sample, the first element and the count of neighbouring rows.
  private func eachRow(_ rows: Int, _ width: Int, _ body: (Int, Int, Int) -> Void) {
    for sample in 0..<count {
      team.split(rows, grain: 16) { body(sample, $0.lowerBound * width, $0.count) }
    }
  }

  private func convolution(_ inputs: [Int], _ y: Operand, _ shape: ConvolutionShape) {
    let (x, weight) = (operand(inputs[0]), weight(inputs[1]))
    let bias = inputs.count > 2 ? self.weight(inputs[2]) : nil
    // Of a small plane a share would fill no tile, so its channels are divided.
    let isWide = shape.places >= 96 * team.threads
    for sample in 0..<count {
      team.split(isWide ? shape.places : shape.outer, grain: isWide ? 48 : 8) { range in
        withScratch(shape.scratchCount) { scratch in
          convolution2D(
            x.sample(sample), weight: weight, bias: bias, into: y.sample(sample), shape: shape,
            places: isWide ? range : nil, outer: isWide ? nil : range, scratch: scratch)
        }
      }
    }
  }

  /// Products of the same rows.
  private func multiply(_ products: [Program.Instruction]) {
    guard case .linear(let rows, let inner, _, _) = products[0].operation else { return }
    let x = operand(products[0].inputs[0])
    let results = products.map { operand($0.output) }
    // Samples of one row each may lie apart; of more rows they must follow each other.
    let isOne =
      ([x] + results).allSatisfy(\.isContiguous)
      || (rows == 1 && ([x] + results).allSatisfy { $0.rows == nil })
    let calls = isOne ? 1 : count
    for call in 0..<calls {
      let factors = zip(products, results).map { product, y in
        factor(product, y: y.sample(call), yStride: rows == 1 ? y.stride : nil)
      }
      MatrixProduct(factors: factors, team: team).run(
        x.sample(call), xStride: rows == 1 ? x.stride : inner, m: rows * count / calls)
    }
  }

  private func factor(
    _ product: Program.Instruction, y: UnsafeMutablePointer<Float>, yStride: Int?
  ) -> MatrixProduct.Factor {
    guard case .linear(_, _, let outer, let activation) = product.operation else {
      preconditionFailure("only products are joined")
    }
    return MatrixProduct.Factor(
      matrix: matrix(product.inputs[1]),
      bias: product.inputs.count > 2 ? weight(product.inputs[2]) : nil,
      activation: Activation(activation), y: y, yStride: yStride ?? outer)
  }
}

/// Calls `body` with scratch memory of `count` floats.
func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
  withUnsafeTemporaryAllocation(of: Float.self, capacity: max(count, 1)) { buffer in
    if let base = buffer.baseAddress { body(base) }
  }
}

extension Activation {
  init(_ activation: Program.Activation) {
    self =
      switch activation {
      case .none: .none
      case .silu: .silu
      case .geluTanh: .geluTanh
      case .geluErf: .geluErf
      }
  }
}
