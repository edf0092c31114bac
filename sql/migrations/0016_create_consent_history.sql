CREATE TABLE consent_history (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  channel TINYINT UNSIGNED NOT NULL,
  state TINYINT UNSIGNED NOT NULL,
  changed_at_ms BIGINT NOT NULL,
  evidence VARBINARY(256) NOT NULL,
  actor VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, member_no, revision, ordinal)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
