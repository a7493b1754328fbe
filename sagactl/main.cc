#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "sagactl/sagactl.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);                   // `sagactl list | head` ends quietly
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe) one thread yet
  const bool colors_refused = no_color != nullptr && !std::string_view(no_color).empty();
  const bool colored = !colors_refused && isatty(STDOUT_FILENO) != 0;
  const bool person = isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
  return ordersaga::cli::RunSagactl(
      {argv + 1, argv + argc},
      {.out = std::cout, .err = std::cerr, .in = person ? &std::cin : nullptr, .colored = colored});
}
