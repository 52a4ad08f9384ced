// What quietus consists of: the real machine, the real clock, the command line.

#include "base/hygiene.h"
#include "base/utc_time.h"
#include "cli/run.h"
#include "host/linux_host.h"

int main(int argc, char** argv) {
    quietus::keep_secrets_in();
    quietus::LinuxHost host;
    const quietus::SystemClock clock;
    return quietus::cli::run(argc, argv, host, clock);
}
