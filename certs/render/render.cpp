#include "certs/render/render.h"

#include <algorithm>

#include "base/bytes.h"
#include "certs/render/html.h"
#include "certs/render/page_of_record.h"
#include "certs/render/pdf_assemble.h"
#include "certs/render/pdf_draw.h"

namespace quietus::certs {

namespace {

Page page_of(const RenderInput& input) {
    return page_of_record(input.record, input.record_bytes, input.standing, input.people);
}

// A rendering is as old as its record.
UtcTime issued_at(const RenderInput& input, UtcTime otherwise) {
    const auto text = string_member(input.record, "issued");
    const auto time = text ? parse_rfc3339(*text) : tl::unexpected{text.error()};
    return time ? *time : otherwise;
}

UtcTime latest(const std::vector<RenderInput>& inputs, UtcTime otherwise) {
    UtcTime time = issued_at(inputs.front(), otherwise);
    for (const RenderInput& input : inputs) time = std::max(time, issued_at(input, otherwise));
    return time;
}

std::string numbered(std::size_t number) {
    std::string digits = std::to_string(number);
    digits.insert(0, digits.size() < 4 ? 4 - digits.size() : 0, '0');
    return "record-" + digits + ".json";
}

std::string title_with_serial(const Page& page) {
    return page.title + (page.stamp.empty() ? "" : " (" + page.stamp + ")") + ", " + page.serial;
}

Result<std::string> assembled(std::string drawn, std::string title, std::string author,
                              const std::vector<RenderInput>& inputs, const SigningKey* key,
                              UtcTime now) {
    return assemble_pdf({.drawn = std::move(drawn),
                         .title = std::move(title),
                         .author = std::move(author),
                         .created = latest(inputs, now),
                         .attachments = attachments_for(inputs)},
                        key, now);
}

Result<BatchSummary> summary_of(const std::vector<RenderInput>& inputs,
                                const std::vector<Page>& pages) {
    std::string digests;
    for (const RenderInput& input : inputs) digests += sha256_hex(input.record_bytes) + "\n";
    for (const Page& page : pages) {
        if (page.ticket != pages.front().ticket)
            return failure(ErrorCode::usage, "the records are of different tickets",
                           "make one document for each ticket");
    }
    return BatchSummary{
        .title = "Records of " + std::to_string(pages.size()) +
                 (pages.size() == 1 ? " drive" : " drives"),
        .ticket =
            pages.front().ticket.empty() ? "No ticket named" : "Ticket " + pages.front().ticket,
        .authority =
            "Authoritative are the signed JSON records, attached as record-0001.json and "
            "so on; this is a rendering of them for people.",
        .qr = "quietus:1:batch:" + std::to_string(pages.size()) + ":sha256:" + sha256_hex(digests)};
}

}  // namespace

std::map<std::string, std::string> attachments_for(const std::vector<RenderInput>& inputs) {
    std::map<std::string, std::string> files;
    if (inputs.size() == 1)
        files[page_of(inputs.front()).record_name] = inputs.front().record_bytes;
    for (std::size_t i = 0; inputs.size() > 1 && i < inputs.size(); ++i)
        files[numbered(i + 1)] = inputs[i].record_bytes;
    return files;
}

Result<std::string> render_pdf(const RenderInput& input, const SigningKey* key, UtcTime now) {
    const Page page = page_of(input);
    const std::string title = title_with_serial(page);
    std::string drawn = QUIETUS_TRY(draw_pages({page}, nullptr, title, issued_at(input, now)));
    return assembled(std::move(drawn), title, page.issuer, {input}, key, now);
}

Result<std::string> render_html(const RenderInput& input) {
    return html_of(page_of(input));
}

Result<std::string> render_label(const RenderInput& input, const SigningKey* key, UtcTime now) {
    const Page page = page_of(input);
    std::string drawn = QUIETUS_TRY(draw_label(page, issued_at(input, now)));
    return assembled(std::move(drawn), "Label: " + title_with_serial(page), page.issuer, {input},
                     key, now);
}

Result<std::string> render_batch(const std::vector<RenderInput>& inputs, const SigningKey* key,
                                 UtcTime now) {
    if (inputs.empty()) return failure(ErrorCode::usage, "no records to render");
    std::vector<Page> pages;
    pages.reserve(inputs.size());
    for (const RenderInput& input : inputs) pages.push_back(page_of(input));
    const BatchSummary summary = QUIETUS_TRY(summary_of(inputs, pages));
    const std::string title = summary.title + ", " + summary.ticket;
    std::string drawn = QUIETUS_TRY(draw_pages(pages, &summary, title, latest(inputs, now)));
    return assembled(std::move(drawn), title, pages.front().issuer, inputs, key, now);
}

}  // namespace quietus::certs
