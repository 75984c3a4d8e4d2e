#ifndef CFAULTS_H
#define CFAULTS_H

/// What happens to one call of `open` that creates, `pwrite`, `fsync` or `rename`, counted together.
enum fault {
  FAULT_NONE,
  /// The call fails with the error number.
  FAULT_FAIL,
  /// The process is killed before the call, as by `kill -9`.
  FAULT_DIE_BEFORE,
  /// The process is killed after the call.
  FAULT_DIE_AFTER,
};

/// Sets the count to zero; the call of that index, from zero, then meets the fault.
void faults_arm(enum fault fault, int index, int error);

/// Calls since.
int faults_calls(void);

#endif
