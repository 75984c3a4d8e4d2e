// swift-tools-version: 6.1
import PackageDescription

/// Numeric loops live here: optimised in debug builds too, so that tests stay quick.
let fast: [SwiftSetting] = [.unsafeFlags(["-Ounchecked"])]
let simd: [CSetting] = [.unsafeFlags(["-O3", "-fno-math-errno", "-fno-trapping-math"])]

/// A library target and the direction it may look in (docs/architecture.md).
func library(
  _ name: String, _ dependencies: [Target.Dependency], swiftSettings: [SwiftSetting] = []
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(of name: String, _ more: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name), "MosaicTestSupport"] + more)
}

let package = Package(
  name: "Mosaic",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "mosaic", targets: ["mosaic"]),
    .library(name: "MosaicRuntime", targets: ["MosaicRuntime"]),
    // Installed as libmosaic.so; a product may not be named as the executable is.
    .library(name: "Mosaic", type: .dynamic, targets: ["MosaicRuntimeC"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // System libraries and SIMD kernels in C.
    .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("openblas")]),
    .target(name: "CMosaicSIMD", cSettings: simd, linkerSettings: [.linkedLibrary("m")]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(name: "CXXHash", cSettings: simd),
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .target(name: "CMosaicProto", linkerSettings: [.linkedLibrary("protobuf-c")]),
    .target(name: "COnnxProto", linkerSettings: [.linkedLibrary("protobuf-c")]),

    // The runtime's closure.
    library("MosaicCore", ["CMosaicSIMD"]),
    library("MosaicKernels", ["MosaicCore", "COpenBLAS", "CMosaicSIMD"], swiftSettings: fast),
    library("MosaicProto", ["MosaicCore", "CProtobufC"]),
    library(
      "MosaicBundle",
      ["MosaicCore", "MosaicProto", "CMosaicSIMD", "CZstd", "CXXHash", "CMosaicProto"]),
    library("MosaicRuntime", ["MosaicCore", "MosaicBundle", "MosaicKernels"]),

    // The runtime for other languages.
    .target(name: "CMosaic"),
    library("MosaicRuntimeC", ["MosaicCore", "MosaicBundle", "MosaicRuntime", "CMosaic"]),

    // The compiler.
    library("MosaicIR", ["MosaicCore", "MosaicKernels"]),
    library("MosaicImport", ["MosaicCore", "MosaicProto", "MosaicIR", "COnnxProto"]),
    library(
      "MosaicLowering",
      ["MosaicCore", "MosaicIR", "MosaicSurgery", "MosaicBundle", "MosaicRuntime"]),
    library("MosaicSurgery", ["MosaicCore", "MosaicKernels", "MosaicIR"]),
    library(
      "MosaicAnalysis",
      [
        "MosaicCore", "MosaicKernels", "MosaicIR", "MosaicBundle", "MosaicRuntime",
        "MosaicLowering", "MosaicSurgery",
      ]),
    library("MosaicAllocation", ["MosaicCore", "MosaicAnalysis"]),
    library("MosaicReport", ["MosaicCore"]),
    library(
      "MosaicPruning",
      [
        "MosaicCore", "MosaicRuntime", "MosaicSurgery", "MosaicAnalysis", "MosaicAllocation",
      ]),
    library(
      "MosaicCodegen",
      [
        "MosaicCore", "MosaicIR", "MosaicImport", "MosaicBundle", "MosaicRuntime",
        "MosaicLowering", "MosaicSurgery", "MosaicAnalysis", "MosaicAllocation", "MosaicPruning",
        "MosaicReport",
      ]),
    .executableTarget(
      name: "mosaic",
      dependencies: [
        "MosaicCore", "MosaicKernels", "MosaicIR", "MosaicImport", "MosaicBundle",
        "MosaicRuntime", "MosaicLowering", "MosaicSurgery", "MosaicAnalysis", "MosaicAllocation",
        "MosaicPruning", "MosaicCodegen", "MosaicReport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Tests.
    .target(
      name: "MosaicTestSupport", dependencies: ["MosaicCore"], path: "Tests/MosaicTestSupport"),
    // Run by tests in a process of its own, and by .ci/sanitize.
    .executableTarget(
      name: "mosaic-fuzz",
      dependencies: [
        "MosaicCore", "MosaicBundle", "MosaicIR", "MosaicImport", "CXXHash", "CZstd", "CFaults",
        "MosaicTestSupport",
      ],
      path: "Tests/MosaicFuzz"),
    .target(name: "CFaults", path: "Tests/CFaults"),
    tests(of: "MosaicCore", ["CMosaicSIMD"]),
    tests(of: "MosaicKernels", ["MosaicCore"]),
    tests(of: "MosaicBundle", ["MosaicCore", "CXXHash", "mosaic-fuzz"]),
    tests(
      of: "MosaicRuntime",
      ["MosaicCore", "MosaicBundle", "MosaicIR", "MosaicImport", "MosaicLowering"]),
    tests(of: "MosaicRuntimeC", ["MosaicCore", "MosaicBundle", "MosaicRuntime", "CMosaic"]),
    tests(of: "MosaicIR", ["MosaicCore"]),
    tests(of: "MosaicImport", ["MosaicCore", "MosaicIR"]),
    tests(
      of: "MosaicLowering",
      [
        "MosaicCore", "MosaicIR", "MosaicImport", "MosaicBundle", "MosaicRuntime",
        "MosaicSurgery",
      ]),
    tests(of: "MosaicSurgery", ["MosaicCore", "MosaicIR", "MosaicImport"]),
    tests(
      of: "MosaicAnalysis",
      [
        "MosaicCore", "MosaicIR", "MosaicImport", "MosaicRuntime", "MosaicLowering",
        "MosaicSurgery",
      ]),
    tests(of: "MosaicAllocation", ["MosaicCore", "MosaicAnalysis"]),
    tests(of: "MosaicReport"),
    tests(
      of: "MosaicCodegen",
      [
        "MosaicCore", "MosaicIR", "MosaicImport", "MosaicBundle", "MosaicRuntime",
        "MosaicLowering", "MosaicSurgery", "MosaicAnalysis", "MosaicAllocation", "MosaicPruning",
      ]),
    .testTarget(
      name: "MosaicCommandTests",
      dependencies: ["mosaic", "MosaicCore", "MosaicBundle", "CXXHash", "MosaicTestSupport"]),
  ]
)
