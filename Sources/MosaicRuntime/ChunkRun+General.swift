internal import MosaicBundle
internal import MosaicKernels

extension ChunkRun {
  func run(_ operation: Program.GeneralOperation, _ inputs: [Int], _ y: Operand) {
    let operands = inputs.map(operand)
    let x = operands[0]
    switch operation {
    case .unary(let function, let count):
      forEachSample { apply(function, x.sample($0), into: y.sample($0), count: count) }
    case .binary(let function, let a, let b):
      let plan = BroadcastPlan([a, b])
      forEachSample {
        plan.apply(function, x.sample($0), operands[1].sample($0), into: y.sample($0))
      }
    case .choose(let condition, let a, let b):
      let plan = BroadcastPlan([condition, a, b])
      forEachSample {
        plan.choose(
          x.sample($0), operands[1].sample($0), operands[2].sample($0), into: y.sample($0))
      }
    case .modulate(let rows, let width):
      forEachSample {
        modulate(
          x.sample($0), scale: operands[1].sample($0), shift: operands[2].sample($0),
          into: y.sample($0), rows: rows, width: width)
      }
    case .groupNorm(
      let groups, let channels, let pixels, let epsilon, let isAffine, let activation):
      let affine = isAffine ? (weight: weight(inputs[1]), bias: weight(inputs[2])) : nil
      team.split(count * groups) { range in
        for unit in range {
          let (sample, group) = unit.quotientAndRemainder(dividingBy: groups)
          groupNorm(
            x.sample(sample), into: y.sample(sample), groups: groups, channels: channels,
            pixels: pixels, epsilon: epsilon, affine: affine, activation: Activation(activation),
            only: group..<group + 1)
        }
      }
    case .rmsNorm(let rows, let width, let epsilon):
      forEachSample {
        rmsNorm(
          x.sample($0), weight: weight(inputs[1]), into: y.sample($0), rows: rows, width: width,
          epsilon: epsilon)
      }
    case .softmax(let rows, let width):
      forEachSample {
        y.sample($0).update(from: x.sample($0), count: rows * width)
        softmaxRows(y.sample($0), rows: rows, width: width, stride: width)
      }
    case .matmul(
      let batches, let aBatches, let bBatches, let rows, let inner, let columns):
      let (aStep, bStep) = (
        aBatches == 1 ? 0 : rows * inner, bBatches == 1 ? 0 : inner * columns
      )
      forEachSample { sample in
        for matrix in 0..<batches {
          product(
            x.sample(sample) + matrix * aStep, operands[1].sample(sample) + matrix * bStep,
            into: y.sample(sample) + matrix * rows * columns, m: rows, n: columns, k: inner)
        }
      }
    case .pick(let outer, let extent, let inner, let indices):
      forEachSample {
        pick(
          x.sample($0), outer: outer, extent: extent, inner: inner, indices: indices,
          into: y.sample($0))
      }
    case .join(let outer, let widths):
      let total = widths.reduce(0, +)
      forEachSample { sample in
        var column = 0
        for (part, width) in zip(operands, widths) {
          placeColumns(
            part.sample(sample), outer: outer, width: width, into: y.sample(sample),
            column: column, stride: total)
          column += width
        }
      }
    case .reduce(let reduction, let outer, let extent, let inner):
      forEachSample {
        reduce(
          reduction, x.sample($0), outer: outer, extent: extent, inner: inner,
          into: y.sample($0))
      }
    case .maskedAttention(
      let heads, let size, let queries, let keys, let scale, let maskHeads, let maskQueries):
      let shape = AttentionShape(
        heads: heads, size: size, queries: queries, keys: keys, scale: scale,
        isInBF16: precision == .bf16)
      attend(operands, shape, into: y) { sample in
        AttentionMask(
          operands[3].sample(sample), heads: maskHeads, queries: maskQueries, keys: keys)
      }
    case .rotate(let pairs, let outer, let length, let inner, let size):
      forEachSample {
        rotate(
          x.sample($0), cosines: operands[1].sample($0), sines: operands[2].sample($0),
          into: y.sample($0), outer: outer, length: length, inner: inner, size: size,
          pairs: pairs)
      }
    }
  }

  @inline(__always)
  private func forEachSample(_ body: (Int) -> Void) {
    for sample in 0..<count { body(sample) }
  }
}
