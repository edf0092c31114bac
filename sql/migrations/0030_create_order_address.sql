-- Personal data: the receiver address of an order (收货地址).
CREATE TABLE order_address (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  order_no INT UNSIGNED NOT NULL,
  key_no INT UNSIGNED NOT NULL,
  province VARBINARY(64) NOT NULL,
  province_folded VARBINARY(704) NOT NULL,
  city VARBINARY(64) NOT NULL,
  city_folded VARBINARY(704) NOT NULL,
  district VARBINARY(64) NOT NULL,
  street VARBINARY(512) NOT NULL,
  full_text VARBINARY(1024) NOT NULL,
  full_text_folded VARBINARY(11264) NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
