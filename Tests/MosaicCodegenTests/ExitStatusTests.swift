import MosaicAllocation
import MosaicAnalysis
import MosaicBundle
import MosaicCodegen
import MosaicImport
import MosaicRuntime
import MosaicSurgery
import Testing

@testable import MosaicCore
@testable import MosaicLowering

/// 1 means "the answer is no": no error may leave with it, and each fits on one line.
@Suite struct ExitStatusTests {
  private static let hostile = "bad\u{1B}[2J\nname"

  private static let errors: [any MosaicError] =
    core + bundle + importing + analysis + [
      RuntimeError(.classOutside(3, count: 2)), RuntimeError(.classesMissing),
      RuntimeError(.guidanceUnsupported), RuntimeError(.startOutside(step: 5, steps: 2)),
      RuntimeError(.startUnsupported),
      RuntimeError(.inputShape(name: hostile, expected: [1], found: [2])),
      RuntimeError(.nonFinite(step: 0, steps: 2, timestep: 3)),
      RuntimeError(.unknownInput(hostile)), RuntimeError(.conditioningMissing([hostile])),
      RuntimeError(.nullConditioningMissing),
      ReferenceError(path: hostile, reason: .missing(hostile)),
      ReferenceError(path: hostile, reason: .shape(hostile, expected: hostile, found: [1])),
      ReferenceError(path: hostile, reason: .notIntegers(hostile)),
      ReferenceError(path: hostile, reason: .indexOutside(hostile, 3, rows: 2)),
      ReferenceError(path: hostile, reason: .failed(model: hostile, problem: hostile)),
    ]

  private static let core: [any MosaicError] = [
    FileError(path: hostile, reason: .missing, isOutput: false),
    FileError(path: hostile, reason: .notRegular, isOutput: false),
    FileError(path: hostile, reason: .notRegular, isOutput: true),
    FileError(path: hostile, reason: .permission, isOutput: true),
    FileError(path: hostile, reason: .exists, isOutput: true),
    FileError(path: hostile, reason: .noDirectory, isOutput: true),
    FileError(path: hostile, reason: .system(call: "write", code: 28), isOutput: true),
    SafetensorsError(path: hostile, byteCount: 3, reason: .tooShort),
    SafetensorsError(path: hostile, byteCount: 3, reason: .pickle),
    SafetensorsError(path: hostile, byteCount: 3, reason: .zipArchive),
    SafetensorsError(
      path: hostile, byteCount: 3, reason: .unknownDataType(tensor: hostile, name: hostile)),
    SafetensorsError(path: hostile, byteCount: 3, reason: .duplicateName(hostile)),
    TensorConversionError(dataType: .i64),
    ConditioningError(path: hostile, reason: .missing(hostile, expected: [1])),
    ConditioningError(path: hostile, reason: .missingShared(hostile, expected: [1])),
    ConditioningError(path: hostile, reason: .shape(hostile, expected: [-1], found: [2])),
    ConditioningError(path: hostile, reason: .rows(hostile, found: 3, expected: 2)),
    ConditioningError(path: hostile, reason: .notIntegers(hostile)),
    ConditioningError(path: hostile, reason: .notFinite(hostile)),
    ConditioningError(path: hostile, reason: .indexOutside(hostile, 3, rows: 2)),
    WireError(offset: 3, reason: .truncated),
    WireError(offset: 3, reason: .utf8(field: "name")),
    SchedulerError(file: hostile, .unsupportedClass(hostile, hasFields: true)),
    SchedulerError(
      file: hostile, .unsupportedSampler(.flow, className: hostile, supported: [.ddim])),
    SchedulerError(file: hostile, .noBetas(hostile)),
    SchedulerError(file: hostile, .imageTokensMissing),
    SchedulerError(file: hostile, .unknownField(hostile)),
    SchedulerError(.unsupportedValue(field: hostile, found: hostile, supported: "x")),
    SchedulerError(.badValue(field: "steps", found: hostile, expected: "1")),
  ]

  private static let bundle: [any MosaicError] =
    ([
      .file(FileError(path: hostile, reason: .missing, isOutput: false)), .magic, .mangled,
      .truncated(section: "the header", needs: 2, left: 1), .trailing(bytes: 3),
      .version(found: 2, supported: 1...1), .feature(bit: 3), .checksum(section: "chunk 3"),
      .wire(WireError(offset: 3, reason: .truncated)),
      .inconsistent(section: "the manifest", problem: "is odd"),
      .limit(what: "rank", value: 3, limit: 2),
      .unsupported(kind: "codec", name: hostile, place: "chunk 3"),
      .unknownProgram(variant: hostile, what: "operation 'x'"),
      .program(variant: hostile, ProgramError(.value(3), "is odd")),
      .memory(what: "tensor 'x'", needs: 2, limit: 1),
    ] as [BundleError.Reason]).map { BundleError(path: hostile, reason: $0) }
    + [ProgramError(.program, "is odd")]

  private static let importing: [any MosaicError] =
    ([
      .notACheckpoint("it is none"), .noConfig, .badJSON("byte 3: expected a value"),
      .unsupportedClass(found: hostile, supported: ["X"]),
      .badField(field: hostile, expected: "1", found: hostile),
      .unsupportedField(field: hostile, found: hostile, supported: "1"), .noScheduler,
      .tensors(missing: ["'a'"], misshapen: [], missingCount: 1, misshapenCount: 0),
      .wrongElementType(tensor: hostile, found: "I64"), .internal("bug"),
    ] as [ImportError.Reason]).map { ImportError(path: hostile, reason: $0) }
    + ([
      .unknownInput(hostile), .twoRoles(hostile), .none(role: "sample"),
      .several(role: "timestep", names: [hostile]),
      .unfit(role: "timestep", hostile, expected: "x"), .output(hostile),
      .fixedBatch(input: hostile), .sharedConditioning([hostile]), .nullClass(3, count: 2),
      .noClasses,
    ] as [ONNXRoleError.Reason]).map {
      ONNXRoleError(path: hostile, inputs: [hostile], reason: $0)
    }
    + ([
      .noWeights, .pickle, .onlyPickles(example: hostile), .severalWeights([hostile]),
      .unknownWeights(asked: hostile, known: [hostile]), .shardsWithoutIndex(example: hostile),
      .index("empty"), .shardName(hostile), .missingShard(hostile), .strayShard(hostile),
      .inNoShard(tensor: hostile, shard: hostile, count: 2),
      .inOtherShard(tensor: hostile, indexed: hostile, actual: hostile),
      .inTwoShards(tensor: hostile, first: hostile, second: hostile),
      .notIndexed(tensor: hostile, shard: hostile, count: 1),
    ] as [CheckpointError.Reason]).map { CheckpointError(path: hostile, reason: $0) }
    + ([
      .empty, .tooLarge(bytes: 3), .wire(WireError(offset: 3, reason: .truncated)), .undecodable,
      .noIRVersion, .irVersion(99), .noOperatorSet, .foreignOperatorSets([hostile]),
      .operatorSet(99),
      .operatorSetTwice(domain: hostile), .noGraph, .graph(name: hostile, problem: "is odd"),
      .node(hostile, problem: "is odd"),
      .definedTwice(name: hostile, first: hostile, second: hostile),
      .undefined(name: hostile, reader: hostile), .cycle([hostile, hostile]),
      .value(name: hostile, problem: "is odd"), .unsupportedValue(name: hostile, kind: "a map"),
      .tensor(hostile, problem: "is odd"), .unsupportedTensor(hostile, kind: "is sparse"),
      .external(tensor: hostile, problem: "is odd"),
      .missingExternal(tensor: hostile, location: hostile),
      .unsupportedAttribute(node: hostile, attribute: hostile, kind: "a type"),
      .unsupportedNodes([String](repeating: hostile, count: 30)),
      .binding(input: hostile, declared: nil, shape: [1]),
      .unbound(input: hostile, names: [hostile]),
    ] as [ONNXError.Reason]).map { ONNXError(path: hostile, reason: $0) }

  private static let analysis: [any MosaicError] = [
    AllocationError.budgetOutOfRange(.nan),
    AllocationError.unreachableBudget(asked: 0.1, least: 0.2),
    AllocationError.rangeCount(asked: 9, available: 3, steps: 8),
    AllocationError.sparsityLimits(lowest: 1, highest: 0),
    AllocationError.stepCount(what: "costs", expected: 2, found: 1),
    AllocationError.badMeasurement(what: "costs", problem: "they are odd"),
    AnalysisError.memory(needed: 2, limit: 1, group: hostile), AnalysisError.noGroups,
    AnalysisError.noForwards(steps: 1),
    AnalysisError.samples("samples", found: 0),
    DenseNetwork.NonFiniteWeight(path: hostile, name: hostile, count: 3),
    RefitError(group: hostile, reason: .noRows),
    RefitError(group: hostile, reason: .singular(damp: 0.1)),
    RefitError(group: hostile, reason: .notFinite("moments")),
  ]

  @Test func isTroubleAndOneLine() {
    #expect(Self.errors.count > 70)
    for error in Self.errors {
      #expect((64...78).contains(error.exitStatus.rawValue), "\(error)")
      #expect(!error.description.contains { $0.isNewline || $0 == "\u{1B}" }, "\(error)")
      #expect(!error.description.isEmpty)
    }
  }
}
