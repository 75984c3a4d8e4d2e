// The linker takes these definitions before the C library's, so that the program under test needs
// no seam for faults. Calls of other threads are counted too: a program that writes has one.

#define _GNU_SOURCE
#include "CFaults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

static enum fault armed_fault;
static int armed_index;
static int armed_error;
static int calls;

void faults_arm(enum fault fault, int index, int error) {
  armed_fault = fault;
  armed_index = index;
  armed_error = error;
  calls = 0;
}

int faults_calls(void) { return calls; }

static int fails(void) {
  if (calls != armed_index) return 0;
  if (armed_fault == FAULT_DIE_BEFORE) kill(getpid(), SIGKILL);
  if (armed_fault != FAULT_FAIL) return 0;
  calls += 1;
  errno = armed_error;
  return 1;
}

static void passed(void) {
  if (calls == armed_index && armed_fault == FAULT_DIE_AFTER) kill(getpid(), SIGKILL);
  calls += 1;
}

#define ORIGINAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
  va_end(arguments);
  int creates = (flags & O_CREAT) != 0;
  if (creates && fails()) return -1;
  int result = ORIGINAL(open)(path, flags, mode);
  if (creates) passed();
  return result;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  if (fails()) return -1;
  ssize_t result = ORIGINAL(pwrite)(descriptor, bytes, count, offset);
  passed();
  return result;
}

int fsync(int descriptor) {
  if (fails()) return -1;
  int result = ORIGINAL(fsync)(descriptor);
  passed();
  return result;
}

int rename(const char *from, const char *to) {
  if (fails()) return -1;
  int result = ORIGINAL(rename)(from, to);
  passed();
  return result;
}
