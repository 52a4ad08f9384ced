// key, certificate sign: keys, requests for certificates, and further signatures.

#include "app/further_signature.h"
#include "app/key_command.h"
#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/evidence_flags.h"

namespace quietus::cli {

namespace {

constexpr const char* kShown = "Subcommands";

std::string facts_text(const app::KeyFacts& facts) {
    std::string text;
    const auto line = [&](const char* what, const std::string& value) {
        if (value.empty()) return;
        text += (text.empty() ? "" : "\n") + std::string{what} + ": " + value;
    };
    line("type", facts.type);
    line("signs by", facts.algorithm);
    line("protection", facts.protection);
    line("public key SHA-256", facts.public_sha256);
    line("subject", facts.subject);
    line("issuer", facts.self_signed ? facts.issuer + " (self-signed)" : facts.issuer);
    line("valid from", facts.valid_from);
    line("valid until", facts.valid_until);
    line("certificate SHA-256", facts.fingerprint_sha256);
    return text;
}

Json facts_json(const app::KeyFacts& facts) {
    Json json{{"key_type", facts.type}};
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) json[name] = value;
    };
    add("algorithm", facts.algorithm);
    add("protection", facts.protection);
    add("public_key_sha256", facts.public_sha256);
    add("subject", facts.subject);
    add("issuer", facts.issuer);
    add("valid_from", facts.valid_from);
    add("valid_until", facts.valid_until);
    add("fingerprint_sha256", facts.fingerprint_sha256);
    if (!facts.fingerprint_sha256.empty()) json["self_signed"] = facts.self_signed;
    return json;
}

using KeyAction = std::function<Result<app::KeyFacts>(Context&)>;

void choose(Parser& parser, CLI::App& sub, const std::string& name, KeyAction action) {
    sub.callback([&parser, name, action = std::move(action)] {
        parser.command = name;
        parser.chosen = [action](Context& context) {
            const auto facts = action(context);
            if (!facts) return fail(context, facts.error());
            context.output.finding("key", facts_json(*facts), facts_text(*facts));
            return ExitStatus::ok;
        };
    });
}

void add_create(CLI::App& key, Parser& parser) {
    CLI::App* sub = key.add_subcommand("create", "Make a signing key");
    auto request = std::make_shared<app::KeyRequest>();
    auto type = std::make_shared<std::string>("p256");
    sub->add_option("--type", *type, "p256 (default), p384 or rsa3072");
    sub->add_option("--out", request->key_out, "File for the key (PEM, 0600); must not be there")
        ->required();
    sub->add_option("--cert-out", request->certificate_out,
                    "File for a self-signed certificate of it; must not be there");
    sub->add_option("--name", request->name, "Common name (default: made of the host's)");
    sub->add_option("--passphrase-fd", parser.settings.passphrase_fd,
                    "Encrypt the key with the passphrase read from this descriptor");
    choose(parser, *sub, "key create", [request, type](Context& context) -> Result<app::KeyFacts> {
        if (*type == "p256")
            request->type = certs::KeyType::p256;
        else if (*type == "p384")
            request->type = certs::KeyType::p384;
        else if (*type == "rsa3072")
            request->type = certs::KeyType::rsa3072;
        else
            return failure(ErrorCode::usage, "--type: no such type: " + printable_text(*type),
                           "p256, p384 or rsa3072");
        return app::create_key(context.settings, *request, context.clock);
    });
}

void add_request(CLI::App& key, Parser& parser) {
    CLI::App* sub = key.add_subcommand("request", "Write a certificate request (PKCS#10)");
    auto request = std::make_shared<app::KeyRequest>();
    add_private_key(*sub, parser.settings);
    sub->add_option("--name", request->name, "Common name (default: made of the host's)");
    sub->add_option("--out", request->request_out, "File for the request; must not be there")
        ->required();
    choose(parser, *sub, "key request", [request](Context& context) {
        return app::request_certificate(context.settings, *request);
    });
}

ExitStatus run_sign(Context& context, const std::string& cert, const app::TrustFlags& trust) {
    const auto made = app::sign_further(cert, trust, context.settings, context.clock);
    if (!made) return fail(context, made.error());
    context.output.finding("signature",
                           {{"folder", printable_text(made->folder)},
                            {"file", made->file},
                            {"signer", made->subject},
                            {"signer_sha256", made->fingerprint}},
                           "signed by " + made->subject + ", SHA-256 " + made->fingerprint + "\n" +
                               printable_text(made->folder) + "/" + made->file);
    return ExitStatus::ok;
}

}  // namespace

void add_certificate_sign(CLI::App& certificate, Parser& parser) {
    CLI::App* sub = certificate.add_subcommand(
        "sign", "Add the signature of one more person to a record that verifies");
    auto cert = std::make_shared<std::string>();
    auto trust = std::make_shared<app::TrustFlags>();
    sub->add_option("CERT", *cert,
                    "Evidence folder, or the id or serial number of a record under --out")
        ->required();
    add_key(*sub, parser.settings);
    add_trust(*sub, *trust);
    sub->callback([&parser, cert, trust] {
        parser.command = "certificate sign";
        parser.chosen = [cert, trust](Context& context) {
            return run_sign(context, *cert, *trust);
        };
    });
}

void add_key_command(Parser& parser) {
    CLI::App* sub =
        parser.app.add_subcommand("key", "Make and show signing keys, ask for certificates");
    sub->group(kFurtherCommands);
    sub->require_subcommand(1);
    add_create(*sub, parser);
    add_request(*sub, parser);
    CLI::App* show = sub->add_subcommand("show", "Show a key and its certificate");
    add_key(*show, parser.settings);
    choose(parser, *show, "key show",
           [](Context& context) { return app::show_key(context.settings); });
    // Without a group of their own they would be hidden with their parent.
    for (CLI::App* one : sub->get_subcommands([](const CLI::App*) { return true; }))
        one->group(kShown);
}

}  // namespace quietus::cli
