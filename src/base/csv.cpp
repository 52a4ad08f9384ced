#include "base/csv.h"

#include "base/bytes.h"

namespace quietus {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

class CsvReader {
  public:
    explicit CsvReader(std::string_view text) : left_{text} {
        if (left_.starts_with(kByteOrderMark)) left_.remove_prefix(kByteOrderMark.size());
    }

    Result<std::vector<CsvRecord>> read() {
        std::vector<CsvRecord> records;
        while (!left_.empty()) {
            if (QUIETUS_TRY(take_line_end())) continue;
            CsvRecord record = QUIETUS_TRY(read_record());
            if (!records.empty() && record.fields.size() != records.front().fields.size())
                return bad(record.line, std::to_string(record.fields.size()) +
                                            " fields, and the header has " +
                                            std::to_string(records.front().fields.size()));
            records.push_back(std::move(record));
        }
        return records;
    }

  private:
    static tl::unexpected<Error> bad(std::size_t line, const std::string& what) {
        return failure(ErrorCode::bad_evidence, "line " + std::to_string(line) + ": " + what);
    }

    Result<CsvRecord> read_record() {
        CsvRecord record{.line = line_, .fields = {}};
        for (;;) {
            std::string field =
                left_.starts_with('"') ? QUIETUS_TRY(read_quoted()) : QUIETUS_TRY(read_plain());
            if (printable_text(field) != field)
                return bad(record.line, "a field is not printable UTF-8: " + printable_text(field));
            record.fields.push_back(std::move(field));
            if (left_.empty() || QUIETUS_TRY(take_line_end())) return record;
            if (left_.front() != ',') return bad(line_, "text after a closing quote");
            left_.remove_prefix(1);
        }
    }

    Result<std::string> read_plain() {
        const std::string_view field = left_.substr(0, left_.find_first_of(",\r\n"));
        if (field.find('"') != std::string_view::npos)
            return bad(line_, "a quote inside a field that does not begin with one");
        left_.remove_prefix(field.size());
        return std::string{field};
    }

    Result<std::string> read_quoted() {
        const std::size_t began = line_;
        std::string field;
        for (left_.remove_prefix(1); !left_.empty();) {
            const std::size_t quote = left_.find('"');
            if (quote == std::string_view::npos) break;
            for (const char c : left_.substr(0, quote)) line_ += c == '\n' ? 1 : 0;
            field += left_.substr(0, quote);
            left_.remove_prefix(quote + 1);
            if (!left_.starts_with('"')) return field;
            field += '"';
            left_.remove_prefix(1);
        }
        return bad(began, "a quote that is never closed");
    }

    // True where a line ended here.
    Result<bool> take_line_end() {
        if (left_.starts_with('\r') && !left_.starts_with("\r\n"))
            return bad(line_, "a carriage return that ends no line");
        const std::size_t size = left_.starts_with("\r\n") ? 2 : left_.starts_with('\n') ? 1 : 0;
        left_.remove_prefix(size);
        line_ += size == 0 ? 0 : 1;
        return size != 0;
    }

    std::string_view left_;
    std::size_t line_{1};
};

}  // namespace

Result<std::vector<CsvRecord>> parse_csv(std::string_view text) {
    return CsvReader{text}.read();
}

std::string csv_line(const std::vector<std::string>& fields) {
    std::string line;
    for (const std::string& field : fields) {
        if (!line.empty()) line += ',';
        line += '"';
        for (const char c : field) line += c == '"' ? std::string{"\"\""} : std::string{c};
        line += '"';
    }
    return line + "\r\n";
}

}  // namespace quietus
