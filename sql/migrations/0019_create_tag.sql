CREATE TABLE tag (
  shop_no INT UNSIGNED NOT NULL,
  tag_no INT UNSIGNED NOT NULL,
  tag_category_no INT UNSIGNED NOT NULL,
  tag_id VARBINARY(64) NOT NULL,
  value VARBINARY(256) NOT NULL,
  exclusion_set INT NOT NULL,
  position INT NOT NULL,
  description VARBINARY(1024) NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  updated_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, tag_no),
  UNIQUE KEY uq_tag_id (shop_no, tag_id),
  UNIQUE KEY uq_tag_value (shop_no, tag_category_no, value)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
