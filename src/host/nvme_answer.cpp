#include "host/nvme_answer.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/endian.h"

namespace quietus {

namespace {

/// An answer is an Identify page at most; a drive has more namespaces than this only by mistake.
constexpr std::size_t kDataMax = 4096, kAnswersMax = 4096;

struct QueryName {
    std::uint8_t opcode;
    std::uint32_t selector;  ///< CNS or LID: the lowest byte of dword 10.
    std::string_view name;
};
constexpr std::array kNames{QueryName{0x06, 0x00, "identify-namespace"},
                            QueryName{0x06, 0x01, "identify-controller"},
                            QueryName{0x06, 0x02, "attached-namespaces"},
                            QueryName{0x06, 0x10, "allocated-namespaces"},
                            QueryName{0x06, 0x11, "identify-allocated-namespace"},
                            QueryName{0x06, 0x13, "controllers-of-subsystem"},
                            QueryName{0x02, 0x02, "health-log"},
                            QueryName{0x02, 0x81, "sanitize-log"}};

std::string name_of(const NvmeEntry& entry) {
    const auto opcode = std::to_integer<std::uint8_t>(entry[0]);
    const std::uint32_t selector = little32(entry, 40) & 0xFFU;
    const auto at = std::find_if(kNames.begin(), kNames.end(), [&](const QueryName& one) {
        return one.opcode == opcode && one.selector == selector;
    });
    return at == kNames.end() ? "unnamed" : std::string{at->name};
}

Bytes without_zeros_at_end(std::span<const std::byte> data) {
    while (!data.empty() && data.back() == std::byte{0}) data = data.first(data.size() - 1);
    return {data.begin(), data.end()};
}

Json to_json(const NvmeAnswer& one) {
    Json json{{"query", one.query}, {"entry", to_hex(one.entry)}};
    if (one.status) {
        json["status"] = *one.status;
        json["data"] = to_hex(one.data);
    } else {
        json["errno"] = one.sys_errno;
    }
    return json;
}

template <class Integer>
Result<Integer> number_member(const Json& json, const std::string& key) {
    const std::uint64_t value = QUIETUS_TRY(integer_member(json, key));
    if (value > static_cast<std::uint64_t>(std::numeric_limits<Integer>::max()))
        return failure(ErrorCode::bad_evidence, "\"" + key + "\" is too large");
    return static_cast<Integer>(value);
}

Result<NvmeAnswer> answer_from(const Json& json) {
    NvmeAnswer one;
    one.query = QUIETUS_TRY(string_member(json, "query"));
    one.entry = QUIETUS_TRY(from_hex(QUIETUS_TRY(string_member(json, "entry"))));
    if (one.entry.size() != sizeof(NvmeEntry))
        return failure(ErrorCode::bad_evidence, one.query + ": not an entry of 64 bytes");
    if (json.contains("errno")) {
        one.sys_errno = QUIETUS_TRY(number_member<int>(json, "errno"));
        return one;
    }
    one.status = QUIETUS_TRY(number_member<std::uint32_t>(json, "status"));
    one.data = QUIETUS_TRY(from_hex(QUIETUS_TRY(string_member(json, "data"))));
    if (one.data.size() > kDataMax)
        return failure(ErrorCode::bad_evidence, one.query + ": more data than a drive answers");
    return one;
}

}  // namespace

Json to_json(const std::vector<NvmeAnswer>& answers) {
    Json list = Json::array();
    for (const NvmeAnswer& one : answers) list.push_back(to_json(one));
    return list;
}

Result<std::vector<NvmeAnswer>> nvme_answers_from_json(const Json& json) {
    if (!json.is_array() || json.size() > kAnswersMax)
        return failure(ErrorCode::bad_evidence, "answers are not a list, or too many");
    std::vector<NvmeAnswer> answers;
    for (const Json& one : json) answers.push_back(QUIETUS_TRY(answer_from(one)));
    return answers;
}

Result<NvmeCompletion> replay(const std::vector<NvmeAnswer>& answers, const NvmeQuery& query,
                              std::span<std::byte> out) {
    const auto at = std::find_if(answers.begin(), answers.end(), [&](const NvmeAnswer& one) {
        return std::equal(one.entry.begin(), one.entry.end(), query.entry().begin(),
                          query.entry().end());
    });
    if (at == answers.end() || at->data.size() > out.size())
        return failure(ErrorCode::unsupported,
                       "no answer was recorded to " + name_of(query.entry()));
    if (!at->status) return sys_failure(at->query, at->sys_errno);
    std::fill(out.begin(), out.end(), std::byte{0});
    std::copy(at->data.begin(), at->data.end(), out.begin());
    return NvmeCompletion{.status = *at->status, .result = 0};
}

Result<NvmeCompletion> RecordingHandle::nvme_query(const NvmeQuery& query,
                                                   std::span<std::byte> out) {
    auto completion = inner_.nvme_query(query, out);
    NvmeAnswer one{.query = name_of(query.entry()),
                   .entry = {query.entry().begin(), query.entry().end()},
                   .status = std::nullopt,
                   .sys_errno = 0,
                   .data = {}};
    if (completion)
        one.status = completion->status;
    else
        one.sys_errno = completion.error().sys_errno;
    if (completion && completion->status == 0) one.data = without_zeros_at_end(out);
    kept_.push_back(std::move(one));
    return completion;
}

}  // namespace quietus
