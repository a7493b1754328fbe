# cmake --install build --component participant-dev: what somebody else needs to write a participant in a repository of
# his own. Headers, static libraries, the protos, and a CMake package: find_package(ordersaga-participant), then link
# ordersaga::participant, and ordersaga::rpc and ordersaga::http to serve it. examples/parcels is built so.
#
# Not part of a plain `cmake --install`: who runs the programs does not need it.
include(CMakePackageConfigHelpers)
set(dev participant-dev)
set(headers ${CMAKE_INSTALL_INCLUDEDIR}/ordersaga)
set(config ${CMAKE_INSTALL_LIBDIR}/cmake/ordersaga-participant)

# Every program links one side of the seam (platform/base/fault_point.h); theirs, the empty one.
add_library(ordersaga_fault_point STATIC $<TARGET_OBJECTS:ordersaga_fault_point_off>)
set_target_properties(ordersaga_fault_point PROPERTIES LINKER_LANGUAGE CXX)

# ordersaga_proto is here for what it links: its objects are in rpc's archive.
set(libraries base access runtime pg participant_core participant json http proto rpc fault_point)
list(TRANSFORM libraries PREPEND ordersaga_ OUTPUT_VARIABLE targets)
foreach(name ${libraries})
  set_target_properties(ordersaga_${name} PROPERTIES EXPORT_NAME ${name})
endforeach()
add_custom_target(participant-dev DEPENDS ${targets})

install(TARGETS ${targets} EXPORT ordersaga-participant EXCLUDE_FROM_ALL COMPONENT ${dev}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/ordersaga INCLUDES DESTINATION ${headers})
install(EXPORT ordersaga-participant NAMESPACE ordersaga:: FILE ordersaga-participant-targets.cmake
        DESTINATION ${config} EXCLUDE_FROM_ALL COMPONENT ${dev})
foreach(folder base access runtime pg participant http rpc)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/platform/${folder} DESTINATION ${headers}/platform
          EXCLUDE_FROM_ALL COMPONENT ${dev} FILES_MATCHING PATTERN "*.h")
endforeach()
install(DIRECTORY ${CMAKE_BINARY_DIR}/proto/gen/ DESTINATION ${headers}
        EXCLUDE_FROM_ALL COMPONENT ${dev} FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/proto/ordersaga DESTINATION ${CMAKE_INSTALL_DATADIR}/ordersaga/proto
        EXCLUDE_FROM_ALL COMPONENT ${dev})

configure_package_config_file(cmake/ordersaga-participant-config.cmake.in ordersaga-participant-config.cmake
                              INSTALL_DESTINATION ${config} PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(ordersaga-participant-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ordersaga-participant-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/ordersaga-participant-config-version.cmake
              cmake/participant_packages.cmake
        DESTINATION ${config} EXCLUDE_FROM_ALL COMPONENT ${dev})
