-- Personal data.
CREATE TABLE member_note (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  note_id VARBINARY(64) NOT NULL,
  key_no INT UNSIGNED NOT NULL,
  text VARBINARY(4096) NOT NULL,
  author VARBINARY(128) NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  updated_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, member_no, note_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
