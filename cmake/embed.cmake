# Text files as C++ constants: SQL lives in .sql files, never in C++ strings. All functions make "<NAME>.embed.h"
# includable by the target.
#
# ordersaga_embed(TARGET t NAME gateway_pages FILES pages/docs.html ...)
#   An `inline constexpr` array `k<NAME in CamelCase>` of {file name, text}, in the order of FILES.
#
# ordersaga_embed_migrations(TARGET t NAME payment_migrations FILES migrations/0001_payment.sql ...)
#   The same of pg::Migration: a file whose first line says no kind does not compile.
#
# ordersaga_embed_sql(TARGET t NAME payment_sql FILES sql/charges.sql ...)
#   One file for each table, with named statements: a line "-- name: get" begins each. A namespace for each file holds
#   one constant for each statement, sql::charges::get: a name that is misspelt does not compile.
function(ordersaga_embed)
  ordersaga_embed_by(embed_script.cmake ${ARGN})
endfunction()

function(ordersaga_embed_migrations)
  ordersaga_embed_by(embed_script.cmake TYPE ordersaga::pg::Migration HEADER platform/pg/migration.h ${ARGN})
endfunction()

function(ordersaga_embed_sql)
  ordersaga_embed_by(embed_sql_script.cmake ${ARGN})
endfunction()

function(ordersaga_embed_by script)
  cmake_parse_arguments(ARG "" "TARGET;NAME;TYPE;HEADER" "FILES" ${ARGN})
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embed/${ARG_NAME}.embed.h)
  set(paths)
  foreach(file ${ARG_FILES})
    list(APPEND paths ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAME=${ARG_NAME} "-DFILES=${paths}"
            -DTYPE=${ARG_TYPE} -DHEADER=${ARG_HEADER} -P ${CMAKE_SOURCE_DIR}/cmake/${script}
    DEPENDS ${paths} ${CMAKE_SOURCE_DIR}/cmake/${script}
    VERBATIM)
  target_sources(${ARG_TARGET} PRIVATE ${out})
  target_include_directories(${ARG_TARGET} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/embed)
endfunction()
