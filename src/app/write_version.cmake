# Writes version.h from its template; a tree without git says "unknown", a changed tree says "-dirty".
get_filename_component(folder "${SOURCE}" DIRECTORY)
execute_process(COMMAND git -C "${folder}" describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE QUIETUS_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(QUIETUS_COMMIT "unknown")
endif()
configure_file("${SOURCE}" "${TARGET}" @ONLY)
