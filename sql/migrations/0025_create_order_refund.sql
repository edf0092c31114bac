CREATE TABLE order_refund (
  shop_no INT UNSIGNED NOT NULL,
  member_no INT UNSIGNED NOT NULL,
  order_no INT UNSIGNED NOT NULL,
  refund_no INT UNSIGNED NOT NULL,
  refund_id VARBINARY(64) NOT NULL,
  kind TINYINT UNSIGNED NOT NULL,
  status TINYINT UNSIGNED NOT NULL,
  refunded_at_ms BIGINT NULL,
  amount_minor BIGINT NOT NULL,
  line_id VARBINARY(64) NOT NULL,
  returned_quantity BIGINT NOT NULL,
  effective_at_ms BIGINT NOT NULL,
  time_unknown TINYINT UNSIGNED NOT NULL,
  PRIMARY KEY (shop_no, member_no, order_no, refund_no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
