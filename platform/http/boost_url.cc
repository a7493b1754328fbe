// In Debian 12 Boost.URL is headers alone, and this is the place that compiles it; since Boost 1.82 it is a library.
#include <boost/version.hpp>
#if BOOST_VERSION < 108200
#include <boost/url/src.hpp>
#endif
