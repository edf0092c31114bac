CREATE TABLE operation (
  shop_no INT UNSIGNED NOT NULL,
  operation_id VARBINARY(64) NOT NULL,
  kind VARBINARY(32) NOT NULL,
  state TINYINT UNSIGNED NOT NULL, -- 1 running, 2 done, 3 failed, 4 cancelled
  cancel_requested TINYINT UNSIGNED NOT NULL,
  arguments MEDIUMBLOB NOT NULL,
  cursor_value VARBINARY(1024) NOT NULL,
  done_count BIGINT NOT NULL,
  total_count BIGINT NOT NULL,
  error_reason VARBINARY(64) NOT NULL,
  error_message VARBINARY(1024) NOT NULL,
  lease_owner VARBINARY(64) NOT NULL,
  lease_until_ms BIGINT NOT NULL,
  finished_at_ms BIGINT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  updated_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, operation_id),
  KEY ix_operation_created (shop_no, created_at_ms, operation_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
