// TLS to the database: encrypted and verified, or refused. Neither of the connector's options alone
// does that.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/base/strings.h"
#include "server/storage/mysql/connection.h"
#include "server/storage/mysql/server_process.h"
#include "tests/support/mysql_server.h"

namespace segmentation::storage::mysql {
namespace {

using testing::TestFolder;

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(fd);
  return ntohs(address.sin_port);
}

// A certificate for 127.0.0.1 that is its own authority: NAME.pem and NAME.key.
void MakeCertificate(const std::string& folder, const std::string& name) {
  const std::string path = folder + "/" + name;
  ASSERT_EQ(std::system(base::StrCat("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ",
                                     path, ".key -out ", path, ".pem -subj /CN=", name,
                                     " -addext subjectAltName=IP:127.0.0.1 2>/dev/null")
                            .c_str()),
            0);
  ASSERT_EQ(chmod((path + ".key").c_str(), 0644), 0);  // the server runs as another account
}

class TlsTest : public ::testing::Test {
 protected:
  // Starts the server over, listening on TCP, with an account for it.
  void StartServer(std::vector<std::string> settings) {
    process_.reset();
    absl::StatusOr<ServerProgram> program = testing::TestServerProgram();
    ASSERT_TRUE(program.ok()) << program.status();
    settings.emplace_back("innodb_flush_method=fsync");
    options_.port = FreePort();
    absl::StatusOr<std::unique_ptr<ServerProcess>> process =
        ServerProcess::Create(*program, {.folder = folder_.path(),
                                         .buffer_pool_mib = 64,
                                         .settings = std::move(settings),
                                         .port = options_.port});
    ASSERT_TRUE(process.ok()) << process.status();
    process_ = *std::move(process);
    ASSERT_TRUE(process_->Launch().ok());
    const absl::Status ready = process_->WaitReady(absl::Seconds(90));
    ASSERT_TRUE(ready.ok()) << ready;
    const auto admin = Connection::Open(process_->connection());
    ASSERT_TRUE(admin.ok()) << admin.status();
    for (const char* sql : {"CREATE USER IF NOT EXISTS 'app'@'127.0.0.1' IDENTIFIED BY 'pw'",
                            "GRANT ALL ON *.* TO 'app'@'127.0.0.1'"}) {
      const absl::Status status = (*admin)->ExecuteText(sql);
      ASSERT_TRUE(status.ok()) << status;
    }
    options_.user = "app";
    options_.password = "pw";
  }
  absl::Status Open(const std::string& ca) {
    ConnectionOptions options = options_;
    options.tls = {
        .enabled = true, .ca_file = folder_.path() + "/" + ca, .cert_file = "", .key_file = ""};
    absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
    if (!connection.ok()) return connection.status();
    const auto cipher = (*connection)->QueryText("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
    EXPECT_TRUE(cipher.ok());
    EXPECT_FALSE((*cipher)[0].Text(1).empty());
    return absl::OkStatus();
  }

  TestFolder folder_;
  std::unique_ptr<ServerProcess> process_;
  ConnectionOptions options_;
};

TEST_F(TlsTest, IsEncryptedAndVerifiedOrRefused) {
  MakeCertificate(folder_.path(), "server");
  MakeCertificate(folder_.path(), "stranger");
  StartServer({base::StrCat("ssl_cert=", folder_.path(), "/server.pem"),
               base::StrCat("ssl_key=", folder_.path(), "/server.key")});
  if (HasFatalFailure()) return;
  const absl::Status verified = Open("server.pem");
  EXPECT_TRUE(verified.ok()) << verified;
  const absl::Status stranger = Open("stranger.pem");
  EXPECT_EQ(stranger.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(Open("missing.pem").ok());
  options_.host = "localhost";  // the same server by a name its certificate does not have
  EXPECT_FALSE(Open("server.pem").ok());
  options_.host = "127.0.0.1";
  EXPECT_TRUE(Connection::Open(options_).ok());  // without TLS, which nobody asked for

  // A server that offers no TLS is refused and not spoken to in clear.
  const bool maria = testing::TestServerProgram()->version.kind == ServerKind::kMariaDb;
  StartServer({maria ? "ssl=OFF" : "tls_version="});
  if (HasFatalFailure()) return;
  EXPECT_FALSE(Open("server.pem").ok());
  EXPECT_TRUE(Connection::Open(options_).ok());
}

}  // namespace
}  // namespace segmentation::storage::mysql
