CREATE TABLE tag_category (
  shop_no INT UNSIGNED NOT NULL,
  tag_category_no INT UNSIGNED NOT NULL,
  tag_category_id VARBINARY(64) NOT NULL,
  template_name VARBINARY(64) NOT NULL,
  name VARBINARY(256) NOT NULL,
  kind TINYINT UNSIGNED NOT NULL,
  choice TINYINT UNSIGNED NOT NULL,
  description VARBINARY(1024) NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  updated_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, tag_category_no),
  UNIQUE KEY uq_tag_category_id (shop_no, tag_category_id),
  UNIQUE KEY uq_tag_category_name (shop_no, template_name, name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
