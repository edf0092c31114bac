-- The first statement of each write transaction increments `revision`: it orders all writers of a shop.
CREATE TABLE shop_head (
  shop_no INT UNSIGNED NOT NULL,
  revision BIGINT NOT NULL,
  definition_revision BIGINT NOT NULL, -- last revision that changed a definition
  tick_at_ms BIGINT NOT NULL,
  next_member_no INT UNSIGNED NOT NULL,
  next_order_no INT UNSIGNED NOT NULL,
  next_store_no INT UNSIGNED NOT NULL,
  next_promotion_no INT UNSIGNED NOT NULL,
  next_product_no INT UNSIGNED NOT NULL,
  next_attribute_no INT UNSIGNED NOT NULL,
  next_tag_category_no INT UNSIGNED NOT NULL,
  next_tag_no INT UNSIGNED NOT NULL,
  next_group_no INT UNSIGNED NOT NULL,
  PRIMARY KEY (shop_no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
