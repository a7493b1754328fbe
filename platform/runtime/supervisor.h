// What systemd hears of a process whose unit says Type=notify.
#pragma once

#include <string_view>

namespace ordersaga {

// "READY=1", "STOPPING=1", "STATUS=waiting for the database": sd_notify(3) has all. Nothing happens if no supervisor
// wants to hear it ($NOTIFY_SOCKET). Any thread.
void TellSupervisor(std::string_view state);

}  // namespace ordersaga
