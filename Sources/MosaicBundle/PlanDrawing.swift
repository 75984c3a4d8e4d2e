internal import MosaicCore

/// A plan as characters: a row a unit, a column a step.
struct PlanDrawing {
  static let legend =
    "# computed, = repeated, 1 2 on the line or parabola through the last two or three, "
    + ". not asked for,\n- not in the variant; blank: the sampler does not use the output"

  /// Characters of a line, and steps in it; further steps follow below.
  private static let width = 100
  private static let mostColumns = 60

  private let plan: SamplingPlan
  /// [step][unit].
  private let marks: [[Character]]

  init(_ plan: SamplingPlan, of manifest: Manifest) {
    self.plan = plan
    let uses = PlanUses(plan, of: manifest).uses
    let names = plan.units.map { Array($0.utf8) }
    // By variant and unit.
    let known = manifest.variants.map { variant in
      let there = Set(variant.program.reusableUnits.map { Array($0.name.utf8) })
      return names.map(there.contains)
    }
    marks = zip(plan.steps, uses).map { step, row in
      names.indices.map { unit in
        guard step.isNeeded else { return " " }
        return switch row[unit] {
        case .computed: "#"
        case .taken: Self.mark(of: step.orders[unit])
        case nil: known[step.variant][unit] ? "." : "-"
        }
      }
    }
  }

  private static func mark(of order: Int?) -> Character {
    switch order {
    case nil: "#"
    case 0: "="
    case .some(let order): Character(String(order))
    }
  }

  /// The units of a step, in the plan's order.
  func column(_ step: Int) -> String { String(marks[step]) }

  var text: String {
    let starts = stride(from: 0, to: plan.steps.count, by: Self.mostColumns)
    return starts.map { start in
      lines(start..<min(start + Self.mostColumns, plan.steps.count)).joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private func lines(_ steps: Range<Int>) -> [String] {
    let count = " 0000/0000".count
    let names = plan.units.map(printable(_:))
    let longest = names.reduce("variant".count) { max($0, $1.count) }
    let room = min(longest, Self.width - 1 - steps.count - count)
    func line(_ name: String, _ marks: String, _ end: String = "") -> String {
      let label = Self.shortened(name, to: room)
      let padding = String(repeating: " ", count: room - label.count)
      let text = label + padding + " " + marks + (end.isEmpty ? "" : " " + end)
      return String(text.reversed().drop { $0 == " " }.reversed())
    }
    let variants = steps.map { step -> Character in
      plan.steps[step].isNeeded ? Self.digit(plan.steps[step].variant) : " "
    }
    let units = names.indices.map { unit -> String in
      let row = String(steps.map { marks[$0][unit] })
      return line(names[unit], row, "\(row.count { $0 == "#" })/\(row.count { $0 != " " })")
    }
    return [line("step", ruler(steps)), line("variant", String(variants))] + units
  }

  private func printable(_ name: String) -> String { MosaicCore.printable(name) }

  /// The number of every tenth step, above it.
  private func ruler(_ steps: Range<Int>) -> String {
    var text = ""
    for step in steps where step.isMultiple(of: 10) {
      text +=
        String(repeating: " ", count: max(0, step - steps.lowerBound - text.count)) + "\(step)"
    }
    return text
  }

  /// Both ends of a name tell more than its beginning.
  private static func shortened(_ name: String, to room: Int) -> String {
    guard name.count > room else { return name }
    let head = (room - 2) / 2
    return name.prefix(head) + ".." + name.suffix(room - 2 - head)
  }

  private static func digit(_ variant: Int) -> Character {
    variant < 36 ? Character(String(variant, radix: 36)) : "*"
  }
}
