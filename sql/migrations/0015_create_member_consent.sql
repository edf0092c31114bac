CREATE TABLE member_consent (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  channel TINYINT UNSIGNED NOT NULL,
  state TINYINT UNSIGNED NOT NULL,
  changed_at_ms BIGINT NOT NULL,
  evidence VARBINARY(256) NOT NULL,
  PRIMARY KEY (shop_no, member_no, channel),
  KEY ix_member_consent_channel (shop_no, channel, state, member_no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
