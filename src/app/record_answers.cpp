#include "app/record_answers.h"

#include <cerrno>

#include "base/file.h"
#include "drivers/nvme/anonymous.h"

namespace quietus::app {

namespace {

Json file_of(const Inspected& drive) {
    const SourcedString& serial = drive.snapshot.identity.serial;
    return {{"schema", "quietus/answers/1"},
            {"device", printable_text(drive.snapshot.path)},
            {"model", printable(drive.snapshot.identity.model)},
            {"serial", serial.value ? drivers::nvme::placeholder_of(printable(serial)) : ""},
            {"note",
             "X stands for serial number, subsystem name, FGUID, NGUID and EUI64; vendor-specific "
             "bytes of Identify are left out, and zeros at the end of data"},
            {"answers", to_json(drive.answers)}};
}

}  // namespace

Result<std::string> record_answers(const std::string& folder, const Inspected& drive) {
    if (drive.answers.empty()) return std::string{};
    const auto made = make_directories(folder, 0700);
    if (!made) return failure(ErrorCode::config, made.error().message, "name a folder to write to");
    const std::string path = folder + "/" + drive.snapshot.name + ".json";
    const auto written = create_file_durably(path, canonical_json(file_of(drive)) + "\n", 0600);
    if (written) return path;
    if (written.error().sys_errno == EEXIST)
        return failure(ErrorCode::config, path + " is already there", "name another folder");
    return failure(ErrorCode::config, written.error().message, "name a folder to write to");
}

}  // namespace quietus::app
