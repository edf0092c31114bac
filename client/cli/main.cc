// segctl: the command line of the segmentation service.
#include <iostream>
#include <string>
#include <vector>

#include "client/cli/session.h"

int main(int argc, char** argv) {
  return segmentation::cli::RunSegctl(std::vector<std::string>(argv + 1, argv + argc), std::cout,
                                      std::cerr, segmentation::Client::Connect);
}
