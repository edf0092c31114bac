-- Personal after-images beside the log, keyed by member so that an erasure finds them.
CREATE TABLE change_log_private (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  revision BIGINT NOT NULL,
  payload MEDIUMBLOB NOT NULL,
  PRIMARY KEY (shop_no, member_no, revision),
  KEY ix_change_log_private_revision (shop_no, revision)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
