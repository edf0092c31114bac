CREATE TABLE member (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  member_id VARBINARY(64) NOT NULL,
  split_key BINARY(8) NOT NULL, -- first 8 bytes of SHA-256(member_id): the order of ties (T33)
  live TINYINT UNSIGNED NOT NULL, -- 0: merged into another or erased
  merged_into_no INT UNSIGNED NOT NULL,
  erased TINYINT UNSIGNED NOT NULL,
  blocked TINYINT UNSIGNED NOT NULL,
  next_identity_no INT UNSIGNED NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  updated_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, member_no),
  UNIQUE KEY uq_member_id (shop_no, member_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
