extension Program {
  /// The instructions that the output needs where the results of `given` are there already.
  ///
  /// - Parameter given: Instructions whose results are provided, not computed.
  /// - Returns: For each instruction whether it has to run; false for those given.
  public func liveInstructions(given: Set<Int>) -> [Bool] {
    func root(_ value: Int) -> Int {
      var value = value
      while case .view(let parent, _) = values[value].storage { value = parent }
      return value
    }
    var needed = Set(values.indices.filter { values[$0].storage == .output })
    var isLive = [Bool](repeating: false, count: instructions.count)
    for (index, instruction) in instructions.enumerated().reversed()
    where needed.contains(root(instruction.output)) && !given.contains(index) {
      isLive[index] = true
      for input in instruction.inputs { needed.insert(root(input)) }
    }
    return isLive
  }
}
