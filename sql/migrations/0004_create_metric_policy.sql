CREATE TABLE metric_policy (
  shop_no INT UNSIGNED NOT NULL,
  policy_revision INT NOT NULL,
  valid_moment TINYINT UNSIGNED NOT NULL,
  order_date TINYINT UNSIGNED NOT NULL,
  count_wholly_refunded TINYINT UNSIGNED NOT NULL,
  platform_discounts_count_as_paid TINYINT UNSIGNED NOT NULL,
  gifts_count_as_bought TINYINT UNSIGNED NOT NULL,
  revision BIGINT NOT NULL, -- the write that made this policy
  PRIMARY KEY (shop_no, policy_revision)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
