#pragma once
// The machine, the program and the person, as the record names them.

#include "app/manifest.h"
#include "app/settings.h"
#include "host/host.h"
#include "record/erase_record.h"

namespace quietus::app {

HostFacts gather_host_facts(const Host& host);

/// Version and build are compiled in; the binary is hashed as it runs (/proc/self/exe).
ToolFacts gather_tool_facts();

OperatorFacts gather_operator_facts(const Host& host, const Settings& settings);

/// What a row of the manifest says goes before what was said for the whole call.
OrderFacts gather_order_facts(const Settings& settings, const ManifestRow* row,
                              const std::string& manifest_sha256);

std::string version_text();

}  // namespace quietus::app
