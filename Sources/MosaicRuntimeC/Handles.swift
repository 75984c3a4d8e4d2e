internal import Synchronization

/// The models that are open, by handle. Handles are never given twice.
enum Handles {
  private struct Table {
    var next: UInt64 = 1
    var models: [UInt64: OpenModel] = [:]
  }

  private static let table = Mutex(Table())

  static func add(_ model: OpenModel) -> UInt64 {
    table.withLock { table in
      defer { table.next += 1 }
      table.models[table.next] = model
      return table.next
    }
  }

  /// - Throws: `CallError.closed` for what is no open handle.
  static func model(_ handle: UInt64) throws -> OpenModel {
    guard let model = table.withLock({ $0.models[handle] }) else { throw CallError.closed(handle) }
    return model
  }

  /// A call that is under way keeps the model until it ends.
  static func remove(_ handle: UInt64) throws {
    guard table.withLock({ $0.models.removeValue(forKey: handle) }) != nil else {
      throw CallError.closed(handle)
    }
  }
}
