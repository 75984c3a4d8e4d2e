extension Program {
  /// The instructions that the output needs where the results of `given` are there already.
  ///
  /// - Parameters:
  ///   - given: Instructions whose results are provided, not computed.
  ///   - others: Instructions whose results are needed beside the output.
  /// - Returns: For each instruction whether it has to run, false for those given; and those of
  ///   `given` whose results are read.
  public func liveInstructions(
    given: Set<Int>, and others: Set<Int> = []
  ) -> (isLive: [Bool], read: Set<Int>) {
    let roots = roots
    var needed = Set(values.indices.filter { values[$0].storage == .output })
    for other in others { needed.insert(roots[instructions[other].output]) }
    var isLive = [Bool](repeating: false, count: instructions.count)
    var read: Set<Int> = []
    for (index, instruction) in instructions.enumerated().reversed()
    where needed.contains(roots[instruction.output]) {
      if given.contains(index) {
        read.insert(index)
      } else {
        isLive[index] = true
        for input in instruction.inputs { needed.insert(roots[input]) }
      }
    }
    return (isLive, read)
  }

  /// By value the one that holds its memory: itself, but for views.
  var roots: [Int] {
    var roots = Array(values.indices)
    for value in values.indices {
      // Chains of views are as long as a stranger makes them: what was found is used again.
      var chain: [Int] = []
      var root = value
      while roots[root] == root, case .view(let parent, _) = values[root].storage {
        chain.append(root)
        root = parent
      }
      root = roots[root]
      for view in chain { roots[view] = root }
    }
    return roots
  }
}
