#include "segmentation/mock_connection.h"

namespace segmentation {

MockConnection::MockConnection() = default;
MockConnection::~MockConnection() = default;

}  // namespace segmentation

template class ::testing::NiceMock<segmentation::MockConnection>;
template class ::testing::StrictMock<segmentation::MockConnection>;
