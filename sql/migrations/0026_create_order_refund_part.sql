-- What a refund takes from each line; the parts of a refund add up to what it takes from the order.
CREATE TABLE order_refund_part (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  order_no INT UNSIGNED NOT NULL,
  refund_no INT UNSIGNED NOT NULL,
  line_no INT UNSIGNED NOT NULL,
  amount_minor BIGINT NOT NULL,
  returned_quantity BIGINT NOT NULL,
  effective_at_ms BIGINT NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no, refund_no, line_no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
