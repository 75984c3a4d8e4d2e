import MosaicCore
import MosaicRuntime
import Testing

@Suite struct RuntimeErrorTests {
  @Test(
    arguments: [
      (
        RuntimeError(.classOutside(12, count: 10)),
        "class 12 is outside 0..<10, which the network knows", .usage
      ),
      (
        RuntimeError(.classesMissing),
        "the network takes a class for every sample; give --class", .usage
      ),
      (
        RuntimeError(.inputShape(name: "noise", expected: [4, 8, 8], found: [4])),
        "'noise' must be of shape [4, 8, 8], found [4]", .badData
      ),
    ] as [(RuntimeError, String, MosaicCore.ExitStatus)])
  func saysWhatToDo(error: RuntimeError, message: String, status: MosaicCore.ExitStatus) {
    #expect(error.description == message)
    #expect(error.exitStatus == status)
  }
}
