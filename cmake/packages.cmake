# The libraries, all from Debian. CONFIG packages where Debian ships them, pkg-config elsewhere.
include(participant_packages)
find_package(GTest REQUIRED)
find_package(CURL REQUIRED)
pkg_check_modules(rabbitmq REQUIRED IMPORTED_TARGET librabbitmq)
