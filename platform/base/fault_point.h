// Named places where a test can make a process die, freeze or stumble.
//
// A link-time seam: release binaries link fault_point_off.cc (an empty function); the test twins of the binaries link
// fault_point_on.cc, which reads ORDERSAGA_FAULT="<point>:<action>[:<nth hit>]" at the first call. Actions: kill
// (SIGKILL to oneself), stop (SIGSTOP to oneself). A process dies at the nth hit (default 1).
#pragma once

namespace ordersaga {

// Points are named "<process>.<place>", e.g. "payment.committed_not_replied". Thread-safe.
void FaultPoint(const char* point);

}  // namespace ordersaga
