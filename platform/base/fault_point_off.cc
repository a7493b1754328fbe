#include "platform/base/fault_point.h"

namespace ordersaga {

void FaultPoint(const char* /*point*/) {}

}  // namespace ordersaga
