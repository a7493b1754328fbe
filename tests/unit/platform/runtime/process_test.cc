#include "platform/runtime/process.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>
#include <vector>

namespace ordersaga {
namespace {

// Each in a process of its own: PrepareProcess is for main.

[[noreturn]] void WriteAFileAndExitWithItsMode(const std::string& path) {
  PrepareProcess();
  std::ofstream(path) << "x";
  struct stat found {};
  std::exit(stat(path.c_str(), &found) == 0 && (found.st_mode & 0777) == 0600 ? 0 : 1);
}

TEST(PrepareProcessDeathTest, FilesAreTheUsersAlone) {
  umask(022);
  EXPECT_EXIT(WriteAFileAndExitWithItsMode(::testing::TempDir() + "process_test.txt"), ::testing::ExitedWithCode(0),
              "");
}

[[noreturn]] void ExitWithWhatACoreMayHave() {
  PrepareProcess();
  rlimit core{};
  std::exit(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 ? 0 : 1);
}

TEST(PrepareProcessDeathTest, NoCoreIsDumped) {
  EXPECT_EXIT(ExitWithWhatACoreMayHave(), ::testing::ExitedWithCode(0), "");
}

// Whoever catches everything must not keep a process alive that has no memory.
[[noreturn, maybe_unused]] void OutgrowALimit() {
  PrepareProcess();
  const rlimit limit{rlim_t{256} << 20, rlim_t{256} << 20};
  if (setrlimit(RLIMIT_DATA, &limit) != 0) std::exit(1);
  std::vector<std::string> kept;
  try {
    for (int i = 0; i < 1000; ++i) kept.emplace_back(std::size_t{1} << 20, 'x');
  } catch (const std::bad_alloc&) {
  }
  std::exit(2);
}

TEST(PrepareProcessDeathTest, WithoutMemoryTheProcessEnds) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer has an allocator of its own";
#else
  EXPECT_EXIT(OutgrowALimit(), ::testing::KilledBySignal(SIGABRT), "out of memory: the process ends");
#endif
}

}  // namespace
}  // namespace ordersaga
