# One language level, one set of warnings, for all of our code.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# No NDEBUG: invariants stay checked where the money is.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
# For the tests' own code; what they test keeps its -O2. g++ 13 refuses a precompiled header of another level.
set(ORDERSAGA_TEST_OPTIONS $<$<AND:$<CONFIG:Release>,$<VERSION_LESS:${CMAKE_CXX_COMPILER_VERSION},13>>:-O1>)

find_program(CCACHE ccache)
if(CCACHE)
  # The precompiled headers need these two relaxations; ccache's manual, "Precompiled headers".
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

set(ORDERSAGA_SANITIZE "" CACHE STRING "sanitizers for our code: address,undefined or thread")
set(ORDERSAGA_TEST_SECONDS 120)
if(ORDERSAGA_SANITIZE)
  set(ORDERSAGA_TEST_SECONDS 900)  # everything is many times slower
  add_compile_options(-fsanitize=${ORDERSAGA_SANITIZE} -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${ORDERSAGA_SANITIZE})
  if(ORDERSAGA_SANITIZE STREQUAL "thread")
    add_compile_options(-Wno-tsan)  # Asio's fences, which the sanitizer cannot follow
    set(ORDERSAGA_TSAN ordersaga::tsan)  # goes into every binary: tests/tsan
  endif()
endif()

# One compiler run for all sources of a target (the preset `dev` compiles them one by one): gRPC's and Beast's templates
# are instantiated once a target; ADR 23 has figures. Names in unnamed namespaces must therefore differ within a target.
if(CMAKE_UNITY_BUILD)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 0)
  add_compile_options(-Wno-subobject-linkage)  # g++ takes the sources for headers
endif()
# g++ collects its garbage later: a tenth less CPU time.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(--param=ggc-min-heapsize=1000000)
endif()

# Identical definitions everywhere, so that every target can share the precompiled headers.
add_compile_definitions(SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL SPDLOG_SHARED_LIB FMT_SHARED
                        BOOST_ASIO_NO_DEPRECATED BOOST_ALL_NO_LIB)
add_compile_options(-pthread -fstack-protector-strong)
add_link_options(-Wl,-z,relro,-z,now)  # all is bound at start, and then read-only; -pie is Debian's default
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT ORDERSAGA_SANITIZE)
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()

set(ORDERSAGA_WARNINGS -Wall -Wextra -Wpedantic -Werror -Wswitch -Wnon-virtual-dtor
    -Woverloaded-virtual -Winvalid-pch)
