CREATE TABLE order_line_property (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  order_no INT UNSIGNED NOT NULL,
  line_no INT UNSIGNED NOT NULL,
  name VARBINARY(64) NOT NULL,
  name_folded VARBINARY(704) NOT NULL, -- what conditions name
  value VARBINARY(256) NOT NULL,
  value_folded VARBINARY(2816) NOT NULL,
  number_value BIGINT NULL, -- the number the value reads as (35码, 80cm), in 1/10,000
  PRIMARY KEY (shop_no, member_no, order_no, line_no, name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
