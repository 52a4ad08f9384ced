// A Blancco report: nested <entries name="…"> and <entry name="…">, below blancco_erasure_report
// the erasures, each with a target. Its own signature is not checked: its key is not public.

#include <pugixml.hpp>

#include "base/bytes.h"
#include "certs/foreign/foreign.h"

namespace quietus::certs {

namespace {

bool is_called(const pugi::xml_node& node, std::string_view name) {
    return name == node.attribute("name").value();
}

// The first <entry name="…"> anywhere below; empty where there is none.
std::string entry_below(const pugi::xml_node& node, std::string_view name) {
    const pugi::xml_node found = node.find_node([&](const pugi::xml_node& one) {
        return std::string_view{one.name()} == "entry" && is_called(one, name);
    });
    return printable_text(found.child_value());
}

// Directly below, not within a part of its own.
std::string entry_of(const pugi::xml_node& node, std::string_view name) {
    for (const pugi::xml_node& child : node.children("entry"))
        if (is_called(child, name)) return printable_text(child.child_value());
    return {};
}

pugi::xml_node part_of(const pugi::xml_node& node, std::string_view name) {
    for (const pugi::xml_node& child : node.children("entries"))
        if (is_called(child, name)) return child;
    return {};
}

ForeignClaim claim_of(const pugi::xml_node& erasure, const pugi::xml_node& root) {
    ForeignClaim claim;
    const pugi::xml_node target = part_of(erasure, "target");
    claim.tool = "Blancco";
    if (const auto author = root.find_node(
            [](const pugi::xml_node& node) { return std::string_view{node.name()} == "author"; })) {
        const std::string product = printable_text(author.child_value("product_name"));
        if (!product.empty()) claim.tool = product;
        claim.tool_version = printable_text(author.child_value("product_version"));
    }
    claim.serial = entry_of(target, "serial");
    const std::string vendor = entry_of(target, "vendor");
    const std::string model = entry_of(target, "model");
    claim.model = vendor.empty() || model.empty() ? vendor + model : vendor + " " + model;
    claim.method = entry_of(erasure, "erasure_standard_name");
    claim.result = entry_of(erasure, "state");
    claim.claims_success = claim.result == "Successful";
    claim.started = entry_of(erasure, "start_time");
    claim.ended = entry_of(erasure, "end_time");
    for (const char* kind : {"failure", "exception"}) {
        const pugi::xml_node part = erasure.find_node([&](const pugi::xml_node& node) {
            return std::string_view{node.name()} == "entries" && is_called(node, kind);
        });
        if (const std::string text = entry_below(part, "message"); !text.empty())
            claim.remarks.push_back(std::string{kind} + ": " + text);
    }
    return claim;
}

}  // namespace

Result<std::vector<ForeignClaim>> read_blancco_xml(std::string_view report) {
    const auto refuse = [](const std::string& why) {
        return failure(ErrorCode::bad_evidence, "no Blancco report: " + why,
                       "give the report as XML");
    };
    pugi::xml_document document;
    // Documents with types or entities of their own are no reports.
    const auto parsed = document.load_buffer(report.data(), report.size(),
                                             pugi::parse_default & ~pugi::parse_doctype);
    if (!parsed) return refuse(parsed.description());
    std::vector<ForeignClaim> claims;
    const pugi::xml_node erased = document.find_node([](const pugi::xml_node& node) {
        return std::string_view{node.name()} == "blancco_erasure_report";
    });
    for (const pugi::xml_node& erasure : part_of(erased, "erasures").children("entries"))
        if (is_called(erasure, "erasure")) claims.push_back(claim_of(erasure, document));
    if (claims.empty()) return refuse("it names no erasure");
    return claims;
}

}  // namespace quietus::certs
