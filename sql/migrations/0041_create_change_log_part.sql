-- The rest of a change-log entry that is longer than a row of change_log: parts 1, 2 ... of its payload,
-- whose bytes follow those of the row in this order.
CREATE TABLE change_log_part (
  shop_no INT UNSIGNED NOT NULL,
  revision BIGINT NOT NULL,
  part SMALLINT UNSIGNED NOT NULL,
  payload MEDIUMBLOB NOT NULL,
  PRIMARY KEY (shop_no, revision, part)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
