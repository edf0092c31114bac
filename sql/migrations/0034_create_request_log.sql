-- One row an acknowledged mutation, written in its transaction; answers a repeat for 24 h or more (T69).
CREATE TABLE request_log (
  shop_no INT UNSIGNED NOT NULL,
  request_id VARBINARY(64) NOT NULL,
  request_hash BINARY(32) NOT NULL,
  revision BIGINT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  answer MEDIUMBLOB NOT NULL,
  PRIMARY KEY (shop_no, request_id),
  KEY ix_request_log_created (shop_no, created_at_ms)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
