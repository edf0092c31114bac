CREATE TABLE store (
  shop_no INT UNSIGNED NOT NULL,
  store_no INT UNSIGNED NOT NULL,
  store_id VARBINARY(64) NOT NULL,
  name VARBINARY(256) NOT NULL,
  platform VARBINARY(32) NOT NULL,
  revision BIGINT NOT NULL,
  ordinal INT NOT NULL,
  created_at_ms BIGINT NOT NULL,
  updated_at_ms BIGINT NOT NULL,
  created_by VARBINARY(128) NOT NULL,
  updated_by VARBINARY(128) NOT NULL,
  PRIMARY KEY (shop_no, store_no),
  UNIQUE KEY uq_store_id (shop_no, store_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
