# ordersaga_embed(TARGET t NAME payment_migrations FILES migrations/0001_payment.sql ...)
#
# Makes "<NAME>.embed.h" includable by the target: an `inline constexpr` array `k<NAME in CamelCase>`
# of {file name, text}, in the order of FILES. SQL lives in .sql files, never in C++ strings.
function(ordersaga_embed)
  cmake_parse_arguments(ARG "" "TARGET;NAME" "FILES" ${ARGN})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embed/${ARG_NAME}.embed.h)
  set(paths)
  foreach(file ${ARG_FILES})
    list(APPEND paths ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAME=${ARG_NAME} "-DFILES=${paths}"
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_script.cmake
    DEPENDS ${paths} ${CMAKE_SOURCE_DIR}/cmake/embed_script.cmake
    VERBATIM)
  target_sources(${ARG_TARGET} PRIVATE ${out})
  target_include_directories(${ARG_TARGET} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/embed)
endfunction()
