#include "certs/key_uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quietus::certs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(KeyUri, IsAPathUnlessItSaysOtherwise) {
    for (const auto& [text, path] :
         std::map<std::string, std::string>{{"/etc/key.pem", "/etc/key.pem"},
                                            {"key:with.colon", "key:with.colon"},
                                            {"file:/etc/key.pem", "/etc/key.pem"},
                                            {"file:///etc/a%20b.pem", "/etc/a b.pem"},
                                            {"file:relative.pem", "relative.pem"}}) {
        const KeyPlace place = parse_key_uri(text).value();
        EXPECT_EQ(place.store, KeyStore::file) << text;
        EXPECT_EQ(place.name, path);
    }
    EXPECT_FALSE(parse_key_uri("file:").has_value());
    EXPECT_FALSE(parse_key_uri("file:/a%00b").has_value());
}

TEST(KeyUri, NamesAnObjectOfAToken) {
    const KeyPlace place =
        parse_key_uri("pkcs11:token=lab;object=a%20key?module-path=/usr/lib/a%2Cb.so").value();
    EXPECT_EQ(place.store, KeyStore::pkcs11);
    EXPECT_EQ(place.name, "pkcs11:token=lab;object=a%20key");
    EXPECT_EQ(place.module, "/usr/lib/a,b.so");
    EXPECT_TRUE(place.needs_secret);
    EXPECT_EQ(parse_key_uri("pkcs11:serial=1;id=%01;type=private").value().module, "");
}

TEST(KeyUri, TakesNoPinAndDoesNotRepeatIt) {
    for (const char* text :
         {"pkcs11:token=lab;object=a?pin-value=8642", "pkcs11:token=lab;object=a;pin-value=8642",
          "pkcs11:token=lab;object=a?module-path=/m.so&pin-value=8642",
          "pkcs11:token=lab;object=a?pin-source=file:/8642"}) {
        const auto place = parse_key_uri(text);
        ASSERT_FALSE(place.has_value()) << text;
        EXPECT_EQ(place.error().code, ErrorCode::config);
        EXPECT_THAT(place.error().message, HasSubstr("holds a PIN"));
        EXPECT_THAT(place.error().message + place.error().hint, Not(HasSubstr("8642")));
    }
}

TEST(KeyUri, RefusesAUriThatLeavesTokenOrKeyOpen) {
    for (const char* text :
         {"pkcs11:", "pkcs11:object=a", "pkcs11:token=lab", "pkcs11:token=lab;object=a;x-own=1",
          "pkcs11:token=lab;object=a;type=public", "pkcs11:token=la%b;object=a",
          "pkcs11:token=lab;object=a?module-path=", "pkcs11:token=lab;object=a?other=1"}) {
        const auto place = parse_key_uri(text);
        ASSERT_FALSE(place.has_value()) << text;
        EXPECT_EQ(place.error().code, ErrorCode::config);
    }
}

TEST(KeyUri, NamesAPersistentKeyOfTheTpm) {
    const KeyPlace plain = parse_key_uri("handle:0x81000001").value();
    EXPECT_EQ(plain.store, KeyStore::tpm);
    EXPECT_FALSE(plain.needs_secret);
    EXPECT_TRUE(parse_key_uri("handle:0x8100AbCd?pass").value().needs_secret);
    for (const char* text : {"handle:", "handle:0x80000001", "handle:0x8100000",
                             "handle:0x8100000g", "handle:0x81000001?other", "handle:81000001"})
        EXPECT_FALSE(parse_key_uri(text).has_value()) << text;
}

}  // namespace
}  // namespace quietus::certs
