# The three kinds of target. The DEPS lists are the architecture: see docs/ARCHITECTURE.md.
#
# PCH chooses a shared precompiled header: std (default), rpc (std + gRPC), beast (std + Asio/Beast).
function(ordersaga_configure_target name pch)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_options(${name} PRIVATE ${ORDERSAGA_WARNINGS})
  if(NOT pch)
    set(pch std)
  endif()
  target_precompile_headers(${name} REUSE_FROM ordersaga_pch_${pch})
endfunction()

# ordersaga_library(NAME base SOURCES a.cc DEPS absl::status [PCH rpc])  ->  ordersaga::base
function(ordersaga_library)
  cmake_parse_arguments(ARG "" "NAME;PCH" "SOURCES;DEPS" ${ARGN})
  set(target ordersaga_${ARG_NAME})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(ordersaga::${ARG_NAME} ALIAS ${target})
  target_link_libraries(${target} PUBLIC ${ARG_DEPS})
  ordersaga_configure_target(${target} "${ARG_PCH}")
endfunction()

# ordersaga_seam(NAME fault_point_on SOURCES ...): one side of a link-time seam. Its objects go into a binary whole, so
# that any library may call it, whatever the order of linking.
function(ordersaga_seam)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES" ${ARGN})
  set(target ordersaga_${ARG_NAME})
  add_library(${target} OBJECT ${ARG_SOURCES})
  add_library(ordersaga::${ARG_NAME} ALIAS ${target})
  ordersaga_configure_target(${target} "")
endfunction()

# The target `product` is what `cmake --install` installs, each program as a component of its own name.
add_custom_target(product)
function(ordersaga_install name folder)
  add_dependencies(product ${name})
  install(TARGETS ${name} RUNTIME DESTINATION ${folder} COMPONENT ${name})
endfunction()

# ordersaga_binary(NAME sagactl SOURCES main.cc DEPS ... [PCH rpc])  ->  build/bin/sagactl
function(ordersaga_binary)
  cmake_parse_arguments(ARG "" "NAME;PCH" "SOURCES;DEPS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE ${ORDERSAGA_TSAN} ${ARG_DEPS})
  ordersaga_configure_target(${ARG_NAME} "${ARG_PCH}")
endfunction()

# ordersaga_test(NAME decide_test SOURCES decide_test.cc DEPS ... LABEL unit)  ->  build/tests/bin/decide_test
# LABEL: unit (needs nothing), integration (needs the private PostgreSQL or RabbitMQ of tests/run).
function(ordersaga_test)
  cmake_parse_arguments(ARG "" "NAME;PCH;LABEL" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  set_target_properties(${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/bin)
  target_link_libraries(${ARG_NAME} PRIVATE ${ORDERSAGA_TSAN} ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  ordersaga_configure_target(${ARG_NAME} "${ARG_PCH}")
  target_compile_options(${ARG_NAME} PRIVATE ${ORDERSAGA_TEST_OPTIONS})
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ORDERSAGA_TEST_SECONDS})
endfunction()

# The shared precompiled headers. Only third-party and standard headers belong in them.
function(ordersaga_pch name)
  cmake_parse_arguments(ARG "" "" "HEADERS;DEPS" ${ARGN})
  file(WRITE ${CMAKE_BINARY_DIR}/pch/${name}.cc "")
  add_library(ordersaga_pch_${name} OBJECT ${CMAKE_BINARY_DIR}/pch/${name}.cc)
  set_target_properties(ordersaga_pch_${name} PROPERTIES UNITY_BUILD OFF)
  target_link_libraries(ordersaga_pch_${name} PRIVATE ${ARG_DEPS})
  target_include_directories(ordersaga_pch_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_options(ordersaga_pch_${name} PRIVATE ${ORDERSAGA_WARNINGS})
  target_precompile_headers(ordersaga_pch_${name} PRIVATE ${ARG_HEADERS})
endfunction()

set(ORDERSAGA_STD_HEADERS
    <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <deque> <functional>
    <map> <memory> <mutex> <optional> <set> <sstream> <string> <string_view> <thread>
    <unordered_map> <utility> <variant> <vector>
    <absl/container/flat_hash_map.h> <absl/status/status.h> <absl/status/statusor.h>
    <absl/synchronization/mutex.h> <absl/time/time.h> <fmt/format.h>)
set(ORDERSAGA_STD_DEPS absl::statusor absl::flat_hash_map absl::synchronization absl::time fmt::fmt)

ordersaga_pch(std HEADERS ${ORDERSAGA_STD_HEADERS} DEPS ${ORDERSAGA_STD_DEPS})
ordersaga_pch(rpc HEADERS ${ORDERSAGA_STD_HEADERS} <grpcpp/grpcpp.h> <google/protobuf/message.h>
                          <google/protobuf/timestamp.pb.h>
              DEPS ${ORDERSAGA_STD_DEPS} gRPC::grpc++ protobuf::libprotobuf)
ordersaga_pch(beast HEADERS ${ORDERSAGA_STD_HEADERS} <boost/asio.hpp> <boost/beast/core.hpp>
                            <boost/beast/http.hpp>
              DEPS ${ORDERSAGA_STD_DEPS} Boost::headers)

# ordersaga_service(NAME payment-service SOURCES main.cc DEPS ...)
# -> build/bin/payment-service, and its twin for fault tests, build/tests/bin/payment-service-faulty: the same objects,
# linked with the other side of the seam (fault_point.h).
function(ordersaga_service)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPS" ${ARGN})
  set(main ${ARG_NAME}_main)
  add_library(${main} OBJECT ${ARG_SOURCES})
  target_link_libraries(${main} PUBLIC ${ARG_DEPS})
  ordersaga_configure_target(${main} rpc)
  add_executable(${ARG_NAME} $<TARGET_OBJECTS:${main}>)
  add_executable(${ARG_NAME}-faulty $<TARGET_OBJECTS:${main}>)
  target_link_libraries(${ARG_NAME} PRIVATE ${ORDERSAGA_TSAN} ${main} ordersaga::fault_point_off)
  target_link_libraries(${ARG_NAME}-faulty PRIVATE ${ORDERSAGA_TSAN} ${main} ordersaga::fault_point_on)
  set_target_properties(${ARG_NAME}-faulty PROPERTIES
                        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/bin)
  # Not among what people type: the names are too plain for that.
  ordersaga_install(${ARG_NAME} ${CMAKE_INSTALL_LIBEXECDIR}/ordersaga)
endfunction()
