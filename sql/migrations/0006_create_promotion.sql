CREATE TABLE promotion (
  shop_no INT UNSIGNED NOT NULL,
  promotion_no INT UNSIGNED NOT NULL,
  promotion_id VARBINARY(64) NOT NULL,
  kind VARBINARY(64) NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  updated_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, promotion_no),
  UNIQUE KEY uq_promotion_id (shop_no, promotion_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
