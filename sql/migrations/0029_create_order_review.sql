-- Personal data (text).
CREATE TABLE order_review (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  order_no INT UNSIGNED NOT NULL,
  review_id VARBINARY(64) NOT NULL,
  reviewed_at_ms BIGINT NOT NULL,
  rating TINYINT UNSIGNED NOT NULL,
  automatic TINYINT UNSIGNED NOT NULL,
  key_no INT UNSIGNED NOT NULL,
  text VARBINARY(4096) NOT NULL,
  text_folded VARBINARY(45056) NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no, review_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
