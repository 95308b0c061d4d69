/* moonstep: Functions and Tasks into Kubernetes Jobs. See README.md for what it does and host/process.h for how it runs. */
#include "host/process.h"
#include "lua/state.h"

int main(int argc, char **argv) { return process_run(state_run, argc, argv); }
