// The TLS part of Asio's non-template code (BOOST_ASIO_SEPARATE_COMPILATION); only the tests need it.
#include <boost/asio/ssl/impl/src.hpp>
