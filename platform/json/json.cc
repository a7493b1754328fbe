// Boost.JSON is header-only in Debian; this is the one place that compiles it.
#include <boost/json/src.hpp>
