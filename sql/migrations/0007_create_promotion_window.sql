CREATE TABLE promotion_window (
  shop_no INT UNSIGNED NOT NULL,
  promotion_no INT UNSIGNED NOT NULL,
  position SMALLINT UNSIGNED NOT NULL,
  from_ms BIGINT NOT NULL,
  until_ms BIGINT NOT NULL,
  PRIMARY KEY (shop_no, promotion_no, position)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
