/// What the Python package safetensors 0.8.0 writes for
///
///     torch.tensor([[1], [-2]], dtype=torch.int64)                  a
///     torch.tensor([1.0, 2.0])                                      b
///     torch.zeros(0, 4)                                             e
///     torch.tensor(3.5, dtype=torch.bfloat16)                       s
///     torch.tensor([0.5, -0.25, 65504], dtype=torch.float16)        é
///     torch.tensor([True, False, True])                             m
///
/// and the metadata {"format": "pt"}.
let referenceFile: [UInt8] = safetensors(
  Array(referenceHeader.utf8),
  data: [
    0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFE, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x00, 0x40,
    0x60, 0x40, 0x00, 0x38, 0x00, 0xB4, 0xFF, 0x7B, 0x01, 0x00, 0x01,
  ])

private let referenceHeader =
  #"{"__metadata__":{"format":"pt"},"#
  + #""a":{"dtype":"I64","shape":[2,1],"data_offsets":[0,16]},"#
  + #""b":{"dtype":"F32","shape":[2],"data_offsets":[16,24]},"#
  + #""e":{"dtype":"F32","shape":[0,4],"data_offsets":[24,24]},"#
  + #""s":{"dtype":"BF16","shape":[],"data_offsets":[24,26]},"#
  + #""é":{"dtype":"F16","shape":[3],"data_offsets":[26,32]},"#
  + #""m":{"dtype":"BOOL","shape":[3],"data_offsets":[32,35]}} "#
