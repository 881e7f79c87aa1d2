// By which proxy a request goes, and that this machine is asked by none.
#include "http/proxy.h"

#include <cstdlib>

#include "tests/unit/http/fixture.h"

namespace chunkrd::http {
namespace {

using test::HttpServer;
using test::Reply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string variable_for(const Proxies& proxies, const std::string& url) {
  const auto proxy = proxies.for_url(url);
  return proxy ? proxy->variable : "none";
}

const std::map<std::string, std::string> kBoth{{"http_proxy", "http://p:1"}, {"https_proxy", "http://p:2"}};

TEST(Proxies, AreChosenByTheSchemeOfTheAddress) {
  const Proxies proxies(kBoth, {});
  EXPECT_EQ(variable_for(proxies, "http://api.example.com/x"), "http_proxy");
  EXPECT_EQ(variable_for(proxies, "https://api.example.com/x"), "https_proxy");
  EXPECT_EQ(variable_for(Proxies({{"ALL_PROXY", "socks5://p"}}, {}), "https://api.example.com"), "ALL_PROXY");
  EXPECT_EQ(variable_for(Proxies({{"HTTPS_PROXY", "http://p"}}, {}), "https://api.example.com"),
            "HTTPS_PROXY");
  EXPECT_EQ(variable_for(Proxies({{"HTTP_PROXY", "http://p"}}, {}), "http://api.example.com"), "none");
  EXPECT_EQ(variable_for(Proxies(), "https://api.example.com"), "none");
}

TEST(Proxies, AreNeverAskedForThisMachineHoweverItIsSpelt) {
  const Proxies proxies(kBoth, {"my-host"});
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:8800", "127.200.3.4", "127.1", "0x7f000001", "2130706433", "0177.0.0.1",
        "0.0.0.0", "localhost", "LOCALHOST", "localhost.", "service.localhost", "[::1]", "[::1]:8800",
        "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::]", "my-host", "user:password@127.0.0.1"})
    for (const char* scheme : {"http://", "https://", "HTTP://"})
      EXPECT_EQ(variable_for(proxies, scheme + std::string(host)), "none") << scheme << host;
  for (const char* host : {"128.0.0.1", "localhost.example.com", "notlocalhost", "127.0.0.1.example.com",
                           "[::2]", "127.0.0.1@example.com"})
    EXPECT_EQ(variable_for(proxies, "http://" + std::string(host)), "http_proxy") << host;
}

TEST(Proxies, AreNotAskedForWhatIsExcepted) {
  auto with = [](const char* name, const char* list) {
    auto variables = kBoth;
    variables[name] = list;
    return Proxies(std::move(variables), {});
  };
  const Proxies some = with("no_proxy", "example.com, .corp ,10.0.0.0/8,192.168.1.7,[fd00::]/8");
  for (const char* host : {"example.com", "a.b.EXAMPLE.com", "x.corp", "corp", "10.1.2.3", "192.168.1.7"})
    EXPECT_EQ(variable_for(some, "https://" + std::string(host)), "none") << host;
  for (const char* host : {"notexample.com", "example.com.org", "11.0.0.1", "192.168.1.8"})
    EXPECT_EQ(variable_for(some, "https://" + std::string(host)), "https_proxy") << host;
  EXPECT_EQ(variable_for(with("NO_PROXY", "*"), "https://anything.org"), "none");
}

TEST(Proxies, KnowTheNamesThatTheHostsFileGivesToThisMachine) {
  EXPECT_THAT(own_names_in("127.0.0.1 localhost # x y\n127.0.1.1\tMine mine.lan\n::1 ip6-localhost\n"
                           "10.0.0.1 other\n# 127.0.0.1 comment\n\n"),
              ElementsAre("localhost", "mine", "mine.lan", "ip6-localhost"));
}

TEST(Proxies, AreToldWithoutTheirPassword) {
  EXPECT_EQ((Proxy{"http://user:secret@proxy:3128/x?y", "https_proxy"}).text(),
            "the proxy http://proxy:3128 (https_proxy)");
  EXPECT_EQ((Proxy{"user:secret@proxy", "all_proxy"}).text(), "the proxy http://proxy (all_proxy)");
}

class ByProxy : public EngineTest {
 protected:
  Result ask(const std::string& url, const std::string& proxy) {
    Engine engine(io_.get_executor(), {.proxies = Proxies({{"http_proxy", proxy}}, {})});
    return test::run(io_, engine.perform(get(url)));
  }
};

TEST_F(ByProxy, ARequestGoesByItButNotOneToThisMachine) {
  HttpServer proxy, service;
  ASSERT_TRUE(ask("http://api.example.com/x", proxy.url()));
  EXPECT_EQ(proxy.requests().at(0).target, "http://api.example.com/x");
  ASSERT_TRUE(ask(service.url() + "/y", proxy.url()));
  EXPECT_EQ(service.requests().at(0).target, "/y");
  EXPECT_EQ(proxy.requests().size(), 1u);
}

TEST_F(ByProxy, AFailureNamesItWithoutItsPassword) {
  const std::string port = std::to_string(test::unused_port());
  for (const std::string& proxy :
       {"http://user:secret@127.0.0.1:" + port, std::string("nonsense://user:secret@127.0.0.1"),
        "user:secret@127.0.0.1:" + port}) {
    const Result result = ask("http://api.example.com/", proxy);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().sent, TransportError::Sent::not_sent);
    EXPECT_THAT(result.error().message, HasSubstr("by way of the proxy"));
    EXPECT_THAT(result.error().message, HasSubstr("(http_proxy)"));
    EXPECT_THAT(result.error().message, Not(HasSubstr("secret")));
  }
}

TEST(ProxiesOfTheEnvironment, AreNotReadByLibcurlBehindOurBack) {
  HttpServer proxy, service;
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  ::setenv("all_proxy", proxy.url().c_str(), 1);
  asio::io_context io;
  Engine engine(io.get_executor(), {});
  Request request;
  request.url = service.url();
  const Result result = test::run(io, engine.perform(std::move(request)));
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(proxy.connections(), 0);
}

}  // namespace
}  // namespace chunkrd::http
