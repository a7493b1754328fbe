// The thread sanitizer's options, and what it is not to report, built into every binary of the tsan preset: one started
// by hand behaves as under tests/run. TSAN_OPTIONS still wins.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_suppressions();

// ignore_noninstrumented_modules: what Debian's libraries (gRPC, upb, protobuf, libpq, ...) read, write, copy and free
// in their own code is not judged, for most of what orders it cannot be seen. All of our code is, and the headers it
// includes.
const char* __tsan_default_options() {
  return "ignore_noninstrumented_modules=1:second_deadlock_stack=1:history_size=4";
}

// One line each, with its reason. Nothing of our own namespace may stand here.
//
// ~ServerCallback...Impl: the end of gRPC's own call object. Its last reference is let go of with an atomic inside the
// library, which is not seen; a reactor of ours is told (OnDone) and gone before, outside of this destructor.
const char* __tsan_default_suppressions() {
  return "race:::~ServerCallback*Impl\n";
}
