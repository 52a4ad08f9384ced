#pragma once
// Files of this folder that are part of the program (certs/CMakeLists.txt makes the .cpp from
// them).

#include <string_view>

namespace quietus::certs {

std::string_view verify_script();     ///< certs/verify.sh
std::string_view record_schema();     ///< certs/schema/record-1.json
std::string_view statement_schema();  ///< certs/schema/statement-1.json

}  // namespace quietus::certs
