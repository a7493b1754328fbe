#include "tests/unit/platform/runtime/listening_supervisor.h"

#include <gtest/gtest.h>

namespace ordersaga {
namespace {

TEST(SupervisorTest, HearsAtItsSocketInAFolder) {
  ListeningSupervisor supervisor(::testing::TempDir() + "supervisor_test.socket");
  TellSupervisor("READY=1");
  EXPECT_EQ(supervisor.Heard(), "READY=1");
}

TEST(SupervisorTest, HearsAtASocketWithoutAFile) {
  ListeningSupervisor supervisor("@ordersaga-supervisor-test-" + std::to_string(getpid()));
  TellSupervisor("STOPPING=1");
  EXPECT_EQ(supervisor.Heard(), "STOPPING=1");
}

TEST(SupervisorTest, NobodyThereIsNoMatter) {
  TellSupervisor("READY=1");
  setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);  // NOLINT(concurrency-mt-unsafe)
  TellSupervisor("READY=1");
  unsetenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace
}  // namespace ordersaga
