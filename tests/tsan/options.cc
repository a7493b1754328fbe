// The thread sanitizer's options, built into every binary of the tsan preset: one started by hand behaves as under
// tests/run. TSAN_OPTIONS still wins. There are no suppressions.
extern "C" const char* __tsan_default_options();

// ignore_noninstrumented_modules: what Debian's libraries (gRPC, upb, protobuf, libpq, ...) read, write, copy and free
// in their own code is not judged, for most of what orders it cannot be seen. All of our code is, and the headers it
// includes.
const char* __tsan_default_options() {
  return "ignore_noninstrumented_modules=1:second_deadlock_stack=1:history_size=4";
}
