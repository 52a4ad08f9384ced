#pragma once
// The machine, the program and the person, as the record names them.

#include "app/settings.h"
#include "host/host.h"
#include "record/erase_record.h"

namespace quietus::app {

HostFacts gather_host_facts(const Host& host);

/// Version and build are compiled in; the binary is hashed as it runs (/proc/self/exe).
ToolFacts gather_tool_facts();

OperatorFacts gather_operator_facts(const Host& host, const Settings& settings);

std::string version_text();

}  // namespace quietus::app
