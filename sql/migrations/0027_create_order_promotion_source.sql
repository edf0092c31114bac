CREATE TABLE order_promotion_source (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  order_no INT UNSIGNED NOT NULL,
  position SMALLINT UNSIGNED NOT NULL,
  promotion_source VARBINARY(64) NOT NULL,
  promotion_source_folded VARBINARY(704) NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no, position)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
