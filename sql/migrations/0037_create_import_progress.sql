CREATE TABLE import_progress (
  shop_no INT UNSIGNED NOT NULL,
  import_id VARBINARY(64) NOT NULL,
  kind TINYINT UNSIGNED NOT NULL, -- 1 orders, 2 products, 3 members
  last_sequence BIGINT NOT NULL,
  accepted_count BIGINT NOT NULL,
  unchanged_count BIGINT NOT NULL,
  rejected_count BIGINT NOT NULL,
  last_answer MEDIUMBLOB NOT NULL, -- answer of the last chunk, repeated when the chunk is sent again
  updated_at_ms BIGINT NOT NULL,
  PRIMARY KEY (shop_no, import_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
